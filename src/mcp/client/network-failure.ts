import { AppError } from "../../core/app-error.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";
import { McpTransportError } from "./mcp-transport-error.ts";

/** What fetch's error codes (Bun and Node alike) mean to a person. */
const MEANING: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ECONNRESET: "the connection was reset",
  ECONNABORTED: "the connection was closed",
  EPIPE: "the connection was closed",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host name could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "the connection timed out",
  EPROTO: "the TLS handshake failed",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate chain is self-signed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate cannot be verified",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
};

const CERTIFICATE = /CERT|VERIFY_LEAF/;

/** What failed between us and `where`, as a McpTransportError; a McpProtocolError stays what it is. */
export function networkFailure(thrown: unknown, where: string): McpTransportError | McpProtocolError {
  if (thrown instanceof McpTransportError || thrown instanceof McpProtocolError) return thrown;
  if (thrown instanceof AppError) return new McpTransportError(thrown.code, thrown.reason, thrown.message, { cause: thrown });
  const code = codeOf(thrown);
  const meaning = MEANING[code] ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const hint = CERTIFICATE.test(code) ? "to trust a certificate of your own, name its file in $NODE_EXTRA_CA_CERTS" : undefined;
  return new McpTransportError("unavailable", "MCP_NETWORK", `Cannot talk to ${where}: ${meaning}`, {
    cause: thrown,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Node puts the code on the cause, Bun on the error itself. */
function codeOf(thrown: unknown): string {
  for (const error of [thrown, thrown instanceof Error ? thrown.cause : undefined]) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  }
  return "";
}

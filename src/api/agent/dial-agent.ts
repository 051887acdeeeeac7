import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { AppError } from "../../core/app-error.ts";
import { formatFingerprint } from "./fingerprint.ts";
import { formatNodeAddress, type NodeAddress } from "./node-address.ts";

/** An agent, and what tells it from somebody else. */
export interface AgentTarget {
  /** The node's name, for messages. */
  readonly node: string;
  readonly address: NodeAddress;
  /** The certificate itself: its SHA-256 in 64 hex digits. Names and issuers count no more then. */
  readonly fingerprint?: string | undefined;
  /** Certificates of authorities in PEM, in place of the system's. */
  readonly ca?: string | undefined;
  /** In PEM: the agent's own, or that of who has signed it. */
  readonly certificate?: string | undefined;
}

/** A certificate that an agent has shown. */
export interface ShownCertificate {
  /** SHA-256 in 64 hex digits. */
  readonly fingerprint: string;
  readonly subject: string;
  /** As OpenSSL writes it. */
  readonly validTo: string;
}

/**
 * A connection over TLS 1.3 to an agent that has shown who it is; nothing was sent yet. Throws `unavailable`:
 * `NODE_UNREACHABLE`, `NODE_IS_NO_AGENT`, and `precondition`: `NODE_CERTIFICATE_CHANGED`, `NODE_CERTIFICATE_UNTRUSTED`.
 */
export async function dialAgent(target: AgentTarget, timeoutMs: number): Promise<TLSSocket> {
  if (target.certificate === undefined) return dialTrusted(target, timeoutMs);
  const { certificate, ...others } = target;
  const own = fingerprintOf(certificate);
  const shown = await showCertificate(target, timeoutMs);
  return dialTrusted(shown.fingerprint === own ? { ...others, fingerprint: own } : { ...others, ca: certificate }, timeoutMs);
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
}

async function dialTrusted(target: AgentTarget, timeoutMs: number): Promise<TLSSocket> {
  const socket = await handshake(target, timeoutMs, target.fingerprint === undefined);
  const shown = certificateOf(socket).fingerprint;
  try {
    if (target.fingerprint !== undefined && shown !== target.fingerprint) throw changed(target, target.fingerprint, shown);
    if (socket.alpnProtocol !== "h2") throw noAgent(target);
    return socket;
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}

/** The certificate that is shown at an address, whoever is there. Throws `unavailable`/`NODE_UNREACHABLE`. */
export async function showCertificate(target: Pick<AgentTarget, "node" | "address">, timeoutMs: number): Promise<ShownCertificate> {
  const socket = await handshake(target, timeoutMs, false);
  const shown = certificateOf(socket);
  socket.destroy();
  return shown;
}

function handshake(target: AgentTarget, timeoutMs: number, verified: boolean): Promise<TLSSocket> {
  const { host, port } = target.address;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      ALPNProtocols: ["h2"],
      minVersion: "TLSv1.3",
      rejectUnauthorized: verified,
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
      ...(target.ca === undefined ? {} : { ca: target.ca }),
    });
    const timer = setTimeout(() => fail(unreachable(target, `it did not answer within ${timeoutMs / 1_000} s`)), timeoutMs);
    const fail = (error: AppError) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once("error", (cause) => fail(failureOf(target, cause)));
    socket.once("close", () => fail(unreachable(target, "it closed the connection")));
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("close");
      socket.removeAllListeners("error");
      // Until somebody uses it.
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
  });
}

function certificateOf(socket: TLSSocket): ShownCertificate {
  const { fingerprint256 = "", subject, valid_to = "" } = socket.getPeerCertificate();
  const name = subject === undefined ? "" : [subject.CN ?? ""].flat().join(", ");
  return { fingerprint: fingerprint256.replaceAll(":", "").toLowerCase(), subject: name, validTo: valid_to };
}

/** What OpenSSL and Node.js say of a certificate that is not trusted, as codes. */
const UNTRUSTED = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|PATH_LENGTH/;

function failureOf(target: AgentTarget, cause: Error & { code?: string }): AppError {
  const code = cause.code ?? "";
  if (!UNTRUSTED.test(code)) return unreachable(target, code === "" ? cause.message : code, cause);
  return new AppError("precondition", "NODE_CERTIFICATE_UNTRUSTED", `The certificate of node ${target.node} is not trusted: ${code}`, {
    cause,
    hint: `pin it: 'mcpctl node remove ${target.node}' and 'mcpctl node add ${target.node} ${formatNodeAddress(target.address)}', or name its authority with ca`,
  });
}

function changed({ node }: AgentTarget, pinned: string, shown: string): AppError {
  const message = `Node ${node} shows another certificate than the pinned one: ${formatFingerprint(shown)}, pinned is ${formatFingerprint(pinned)}`;
  return new AppError("precondition", "NODE_CERTIFICATE_CHANGED", message, {
    hint: "where it was renewed on purpose, remove the node and add it again; else somebody may stand between",
  });
}

function unreachable({ node, address }: AgentTarget, why: string, cause?: unknown): AppError {
  return new AppError("unavailable", "NODE_UNREACHABLE", `Node ${node} at ${formatNodeAddress(address)} cannot be reached: ${why}`, {
    cause,
    hint: "does mcp-agent run there? 'mcpctl node list' shows where this command looks",
  });
}

function noAgent({ node, address }: AgentTarget): AppError {
  return new AppError("unavailable", "NODE_IS_NO_AGENT", `What answers for node ${node} at ${formatNodeAddress(address)} is no agent`, {
    hint: "is it the agent's port? It is 9444 where nothing else was configured",
  });
}

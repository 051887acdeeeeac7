import { isJsonObject } from "../client/json-object.ts";
import { isModernError, UNSUPPORTED_VERSION } from "./2026-07-28/error-codes.ts";
import { MODERN_REVISION } from "./2026-07-28/meta-keys.ts";

/** What came of asking a server for `server/discover`. */
export type ProbeEvidence =
  /** A JSON-RPC message; over HTTP with this status. */
  | { readonly kind: "message"; readonly status: number; readonly message: unknown }
  /** HTTP without a JSON-RPC message. */
  | { readonly kind: "status"; readonly status: number }
  /** No answer in time, or no connection. */
  | { readonly kind: "nothing" };

/** `unknown`: nothing can be told; `other`: it is of the modern era and does not speak the revision that we do. */
export type EraVerdict = "modern" | "legacy" | "other" | "unknown";

/**
 * The era of a server at a URL (2026-07-28, Streamable HTTP, "Backward compatibility"): a discover result or an error that
 * only modern servers know is modern; any other answer of its own is legacy. A server that refuses our credentials, fails or
 * stays silent has said nothing of its era.
 */
export function decideHttpEra(evidence: ProbeEvidence): EraVerdict {
  if (evidence.kind === "nothing") return "unknown";
  const modern = evidence.kind === "message" ? modernVerdict(evidence.message) : undefined;
  if (modern !== undefined) return modern;
  const { status } = evidence;
  if (evidence.kind === "message" && status === 200) return "legacy";
  return status === 400 || status === 404 || status === 405 ? "legacy" : "unknown";
}

/**
 * The era of a process (2026-07-28, stdio, "Backward compatibility"): whatever is not modern is legacy, an end or silence
 * too, since some servers know no better what to do with a method that they do not know.
 */
export function decideStdioEra(message: unknown): Exclude<EraVerdict, "unknown"> {
  return modernVerdict(message) ?? "legacy";
}

function modernVerdict(message: unknown): "modern" | "other" | undefined {
  if (!isJsonObject(message)) return undefined;
  const { result, error } = message;
  if (isJsonObject(result) && Array.isArray(result.supportedVersions)) return speaksOurs(result.supportedVersions);
  if (!isJsonObject(error) || !isModernError(error.code)) return undefined;
  const supported = error.code === UNSUPPORTED_VERSION && isJsonObject(error.data) ? error.data.supported : undefined;
  return Array.isArray(supported) ? speaksOurs(supported) : "modern";
}

function speaksOurs(versions: readonly unknown[]): "modern" | "other" {
  return versions.includes(MODERN_REVISION) ? "modern" : "other";
}

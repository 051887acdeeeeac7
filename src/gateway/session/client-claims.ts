import { askableCapabilities } from "../../mcp/client-capabilities.ts";
import type { SessionClaims } from "./live-session.ts";

/** Longest name, title and version of a client that are kept, in UTF-8 bytes: a session's id has to hold them. */
const MAX_BYTES = { name: 64, version: 32, title: 64 } as const;

/** What a client says of itself in `initialize`, cut to what a session keeps of it. Never evidence of anything. */
export function clientClaims(params: Readonly<Record<string, unknown>>): Pick<SessionClaims, "capabilities" | "clientInfo"> {
  const capabilities = askableCapabilities(params.capabilities);
  const clientInfo = clientInfoOf(params.clientInfo);
  return {
    ...(Object.keys(capabilities).length === 0 ? {} : { capabilities }),
    ...(clientInfo === undefined ? {} : { clientInfo }),
  };
}

/** Undefined where it has no name and version, without which it is no client info. */
export function clientInfoOf(info: unknown): Readonly<Record<string, string>> | undefined {
  const { name, version, title } = (typeof info === "object" && info !== null ? info : {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || typeof version !== "string") return undefined;
  const named = { name: clipped(name, MAX_BYTES.name), version: clipped(version, MAX_BYTES.version) };
  return typeof title === "string" ? { ...named, title: clipped(title, MAX_BYTES.title) } : named;
}

/** What JSON would write as an escape, six bytes for one, or no text can hold, is left out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const ESCAPED = /[\u0000-\u001f"\\]|\p{Surrogate}/gu;

/** As many whole characters as have room. */
function clipped(text: string, maxBytes: number): string {
  const plain = text.slice(0, maxBytes).replaceAll(ESCAPED, "");
  const bytes = Buffer.from(plain, "utf8").subarray(0, maxBytes);
  return new TextDecoder().decode(bytes).replace(/\ufffd+$/, "");
}

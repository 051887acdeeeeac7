import { createLocator, elementsOf, splice } from "../json-span.ts";
import { idKey } from "./client-line.ts";

/** A message from the server as it goes to the client: one line. */
export interface ServerMessage {
  readonly kind: "answer" | "other";
  readonly line: string;
  /** Of an answer, `idKey` of what it answers; undefined where it names none, as an error may. */
  readonly key: string | undefined;
  readonly value: Readonly<Record<string, unknown>>;
}

const locateId = createLocator(["id"]);

/**
 * The messages of a JSON text: one, or those of a batch. Undefined for anything that is no JSON-RPC, which must not reach
 * a client that reads JSON-RPC alone. Nothing of a message is changed, but that line ends between its values become spaces.
 */
export function parseServerMessages(text: string): readonly ServerMessage[] | undefined {
  const value = parse(text);
  const parts = Array.isArray(value)
    ? elementsOf(text, text.indexOf("[")).map(({ start, end }, index) => messageOf(text.slice(start, end), value[index]))
    : [messageOf(text, value)];
  const messages = parts.filter((part) => part !== undefined);
  return messages.length === parts.length ? messages : undefined;
}

/** An answer that names no request, as the answer to the one that it came for. */
export function withId(line: string, idText: string): string {
  const [span] = locateId(line).spans;
  if (span !== undefined) return splice(line, span, idText);
  const open = line.indexOf("{");
  return `${line.slice(0, open + 1)}"id":${idText},${line.slice(open + 1)}`;
}

/** Valid JSON has line ends between its values only. */
export function asOneLine(json: string): string {
  return json.includes("\n") || json.includes("\r") ? json.replaceAll(/[\r\n]/g, " ") : json;
}

function messageOf(text: string, value: unknown): ServerMessage | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const message = value as Readonly<Record<string, unknown>>;
  if (message.jsonrpc !== "2.0") return undefined;
  const common = { line: asOneLine(text.trim()), value: message };
  if (typeof message.method === "string") return { kind: "other", key: undefined, ...common };
  const { id, error } = message;
  if (typeof id === "string" || typeof id === "number") {
    return "result" in message || error !== undefined ? { kind: "answer", key: idKey(id), ...common } : undefined;
  }
  // What could not be read is answered without an id.
  return error !== undefined && (id === undefined || id === null) ? { kind: "answer", key: undefined, ...common } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { classifyEra, type Era } from "../classify.ts";
import { type Batch, type Envelope, type InvalidEnvelope, parseBody } from "../envelope.ts";
import { errorMessage } from "../json-rpc.ts";

/** What a client wrote on one line. */
export type ClientLine = ClientRequest | ClientNotification | ClientResponse | InvalidLine;

/** A line that wants an answer. */
export interface ClientRequest {
  readonly kind: "request";
  readonly era: Era;
  /** The requests that wait for an answer, by `idKey`, with the id as JSON text. More than one: a batch. */
  readonly ids: ReadonlyMap<string, string>;
  /** Undefined for a batch. */
  readonly method: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  /** The whole line. */
  readonly text: string;
}

export interface ClientNotification {
  readonly kind: "notification";
  readonly era: Era;
  /** Undefined for a batch that wants no answer. */
  readonly method: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** The answer to a request of the server. */
export interface ClientResponse {
  readonly kind: "response";
  readonly text: string;
}

export interface InvalidLine {
  readonly kind: "invalid";
  /** The JSON-RPC error that it is answered with. */
  readonly answer: string;
}

/** One key for one id, however it is written: `1`, `1.0` and `1e0` are one. */
export function idKey(id: unknown): string {
  return JSON.stringify(id) ?? "undefined";
}

/** Reads a line. Never throws. */
export function parseClientLine(text: string): ClientLine {
  const message = parseBody(text);
  if (message.kind === "invalid") return { kind: "invalid", answer: refusal(text, message) };
  if (message.kind === "batch") return batchLine(message, text);
  if (message.kind === "response") return { kind: "response", text };
  const { method, params } = message;
  const era = classifyEra(message);
  if (message.kind === "notification") return { kind: "notification", era, method, params, text };
  return { kind: "request", era, ids: idsOf([message]), method, params, text };
}

/** Batches are a thing of one legacy revision; what is wrong inside one is for the server to say. */
function batchLine(batch: Batch, text: string): ClientLine {
  const ids = idsOf(batch.items);
  const common = { era: "legacy", method: undefined, params: {}, text } as const;
  return ids.size === 0 ? { kind: "notification", ...common } : { kind: "request", ids, ...common };
}

function idsOf(items: readonly (Envelope | InvalidEnvelope)[]): ReadonlyMap<string, string> {
  const texts = items.flatMap((item) => (item.kind === "request" ? [item.idText] : []));
  return new Map(texts.map((idText) => [idKey(JSON.parse(idText)), idText]));
}

/** With the id where it is that of a request: who sent it waits for that one. */
function refusal(text: string, { code, message }: InvalidEnvelope): string {
  return errorMessage(idOfRequest(text) ?? "null", { code, message });
}

function idOfRequest(text: string): string | undefined {
  try {
    const { id, method } = JSON.parse(text) as { id?: unknown; method?: unknown };
    return method !== undefined && (typeof id === "string" || Number.isInteger(id)) ? JSON.stringify(id) : undefined;
  } catch {
    return undefined;
  }
}

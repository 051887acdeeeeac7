import { readBoundedText, readExcerpt } from "../client/bounded-body.ts";
import { classifyFailedReply } from "../client/failed-reply.ts";
import { McpProtocolError } from "../client/mcp-protocol-error.ts";
import { createSseParser } from "../sse.ts";
import { parseServerMessages } from "./server-message.ts";

/** Where a stream that ended can be gone on with. */
export interface StreamMark {
  /** Empty where the server gave no ids. */
  lastEventId: string;
  /** How long the server wants a client to wait before it comes back, in ms. */
  retryMs: number | undefined;
}

export function noMark(): StreamMark {
  return { lastEventId: "", retryMs: undefined };
}

export interface ReplyReading {
  /** Largest message, in bytes. */
  readonly maxMessageBytes: number;
  /** Called for each piece that arrives. */
  readonly alive: () => void;
  /** Kept up to date while a stream is read, also where it breaks. */
  readonly mark: StreamMark;
  /** Takes the text of a message, or of a batch; the next is read when it resolves. True: nothing more is wanted. */
  readonly take: (text: string) => Promise<boolean>;
}

const EXCERPT_BYTES = 16 * 1024;

/**
 * Reads what a posted message is answered with: JSON, or a stream of events. A JSON-RPC error with another status than
 * success is an answer too, but for 401, which is about the credential. Throws McpTransportError or McpProtocolError.
 */
export async function readReply(response: Response, reading: ReplyReading): Promise<void> {
  const type = mediaTypeOf(response);
  if (!response.ok) return readRefusal(response, type, reading);
  if (type === "text/event-stream") return readEvents(response, reading);
  if (type === "application/json") {
    await reading.take(await readText(response, reading));
    return;
  }
  if (response.status === 202 || response.status === 204)
    throw new McpProtocolError("MCP_UNANSWERED", "The server took the request and gave no answer");
  const excerpt = await readExcerpt(response, EXCERPT_BYTES);
  throw new McpProtocolError(
    "MCP_REPLY_TYPE",
    `HTTP ${response.status} came with ${type || "no content type"}${excerpt === "" ? " and an empty body" : ""}`,
  );
}

/** Reads a stream of events to its end, or until nothing more is wanted. */
export async function readEvents(response: Response, { maxMessageBytes, alive, mark, take }: ReplyReading): Promise<void> {
  const parser = createSseParser({ maxEventBytes: maxMessageBytes });
  for await (const chunk of response.body ?? []) {
    alive();
    for (const { event, data } of parser.push(chunk)) {
      // An empty event only carries an id to resume from (revision 2025-11-25).
      if (event === "message" && data !== "" && (await take(data))) return;
      alive();
    }
    mark.lastEventId = parser.lastEventId === "" ? mark.lastEventId : parser.lastEventId;
    mark.retryMs = parser.retryMs ?? mark.retryMs;
  }
}

export function isEventStream(response: Response): boolean {
  return response.status === 200 && mediaTypeOf(response) === "text/event-stream";
}

async function readRefusal(response: Response, type: string, reading: ReplyReading): Promise<void> {
  const { status } = response;
  const text = type === "application/json" ? await readText(response, reading) : await readExcerpt(response, EXCERPT_BYTES);
  const answers = status === 401 || type !== "application/json" ? undefined : parseServerMessages(text);
  if (answers === undefined) throw classifyFailedReply(status, text.slice(0, EXCERPT_BYTES), response.headers.get("location"));
  await reading.take(text);
}

async function readText(response: Response, { maxMessageBytes, alive }: ReplyReading): Promise<string> {
  const text = await readBoundedText(response, maxMessageBytes, alive);
  alive();
  return text;
}

function mediaTypeOf(response: Response): string {
  return (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

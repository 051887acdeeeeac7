import { oneLine } from "../../core/one-line.ts";
import { createSseParser, type SseEvent } from "../sse.ts";
import { readBoundedText } from "./bounded-body.ts";
import { type IncomingMessage, parseIncoming } from "./incoming-message.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";

/**
 * The messages of a successful reply, as they arrive together: one JSON body or a stream of events.
 * `maxBytes` bounds a JSON body, and each event of a stream. Throws McpProtocolError for anything else.
 */
export async function* replyMessages(response: Response, maxBytes: number): AsyncGenerator<readonly IncomingMessage[]> {
  const mediaType = (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType === "text/event-stream") yield* streamedMessages(response, maxBytes);
  else if (mediaType === "application/json") yield parseIncoming(await readBoundedText(response, maxBytes));
  else throw await unexpectedBody(response, mediaType, maxBytes);
}

async function* streamedMessages(response: Response, maxBytes: number): AsyncGenerator<readonly IncomingMessage[]> {
  const parser = createSseParser({ maxEventBytes: maxBytes });
  for await (const chunk of response.body ?? []) {
    const { messages, fault } = readEvents(parser.push(chunk));
    if (messages.length > 0) yield messages;
    if (fault !== undefined) throw fault;
  }
}

/** What stands before a bad event counts, whether or not it came in one piece with it. */
function readEvents(events: readonly SseEvent[]): { messages: IncomingMessage[]; fault?: unknown } {
  const messages: IncomingMessage[] = [];
  try {
    // An empty event only carries an id to resume from (revision 2025-11-25).
    for (const event of events) if (event.event === "message" && event.data !== "") messages.push(...parseIncoming(event.data));
  } catch (fault) {
    return { messages, fault };
  }
  return { messages };
}

async function unexpectedBody(response: Response, mediaType: string | undefined, maxBytes: number): Promise<McpProtocolError> {
  const text = await readBoundedText(response, maxBytes);
  const what = text === "" ? "an empty body" : `${mediaType || "a body without a content type"}: ${oneLine(text)}`;
  return new McpProtocolError("MCP_REPLY_TYPE", `HTTP ${response.status} came with ${what}, where JSON or an event stream was due`);
}

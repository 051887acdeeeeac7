import type { AppError } from "../../../core/app-error.ts";
import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { createLocator } from "../../../mcp/json-span.ts";
import { withLength } from "../declared-length.ts";
import type { UpstreamAnswer } from "../upstream.ts";
import { upstreamBroken } from "../upstream-errors.ts";
import { CHECKED_BYTES, connectionError, type HttpSession, type HttpTarget, parseMessage } from "./http-exchange.ts";
import type { Http1Response } from "./http1-connection.ts";
import { readStreamReply, type StreamReplyOptions } from "./stream-reply.ts";

export interface ReplyOptions extends StreamReplyOptions {
  /** The text is wanted, whatever its size. */
  readonly whole?: true | undefined;
  /** Hears the code of an error that is the whole reply. */
  readonly onError?: ((code: unknown) => void) | undefined;
}

/** Replies over `CHECKED_BYTES` pass in one piece up to this size, and beyond it as they come. */
const ONE_PIECE_BYTES = 1024 * 1024;

/** Reads the reply to a request: a JSON body, or a stream whose messages before the answer are handled here. */
export async function readReply(
  target: HttpTarget,
  session: HttpSession | undefined,
  response: Http1Response,
  options: ReplyOptions,
): Promise<UpstreamAnswer> {
  const { status } = response;
  const type = response.headers.get("content-type") ?? "";
  const coding = response.headers.get("content-encoding");
  if (coding !== undefined && coding !== "identity") {
    response.body.drop();
    throw upstreamBroken(target.handle, "its reply is compressed, which was not asked for");
  }
  if (type.startsWith("text/event-stream") && status === 200) return readStreamReply(target, session, response, options);
  if (type.startsWith("application/json") && (status === 200 || status === 400 || status === 404)) {
    return readJsonReply(target, response, options);
  }
  const refusal = type.startsWith("application/json") ? await refusalIn(target, response) : undefined;
  if (refusal !== undefined) throw refusal;
  response.body.drop();
  throw upstreamBroken(target.handle, `HTTP ${status}${type === "" ? "" : ` with ${type.slice(0, 60)}`}`);
}

async function refusalIn({ refusalOf, ...target }: HttpTarget, response: Http1Response): Promise<AppError | undefined> {
  if (refusalOf === undefined) return undefined;
  return refusalOf(response.status, await read(target.handle, () => response.body.text(CHECKED_BYTES)));
}

async function readJsonReply(target: HttpTarget, response: Http1Response, options: ReplyOptions): Promise<UpstreamAnswer> {
  const { idText, whole, onError } = options;
  const good = response.status === 200;
  const length = Number(response.headers.get("content-length"));
  if (good && length > ONE_PIECE_BYTES && whole === undefined) return withLength(response.body.stream(), length);
  if (good && length > CHECKED_BYTES && whole === undefined) return read(target.handle, () => response.body.bytes(target.maxEventBytes));
  const text = await read(target.handle, () => response.body.text(target.maxEventBytes));
  const refusal = good ? undefined : target.refusalOf?.(response.status, text);
  if (refusal !== undefined) throw refusal;
  const message = parseMessage(target, text);
  if (isJsonObject(message.error)) onError?.(message.error.code);
  if (good && message.id !== JSON.parse(idText)) throw upstreamBroken(target.handle, "an answer with another id");
  if (good) return text;
  // Legacy servers refuse with an error whose id they may not have read.
  const [error] = locateError(text).spans;
  if (error === undefined) throw upstreamBroken(target.handle, `HTTP ${response.status} without an error`);
  return `{"jsonrpc":"2.0","id":${idText},"error":${text.slice(error.start, error.end)}}`;
}

const locateError = createLocator(["error"]);

async function read<T>(handle: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    throw connectionError(handle, cause);
  }
}

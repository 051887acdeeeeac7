import { AppError } from "../../core/app-error.ts";
import { SharedResult } from "../../mcp/shared-result.ts";
import type { AnswerBody } from "../answer.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { lengthOf, withLength } from "../upstream/declared-length.ts";
import type { UpstreamAnswer } from "../upstream/upstream.ts";
import type { ResultLimits } from "./result-limits.ts";

/** The lists of results, in either era: their elements are what is counted. */
const LISTS = ["content", "contents", "messages", "tools", "prompts", "resources", "resourceTemplates"] as const;

/**
 * A server's answer where it is within the limits, else 413. What passes as it comes is told by the length that its
 * server has declared; where there is none it is cut off in the middle, so that nobody takes it for whole. Rejects where
 * a stream whose items are to be counted breaks off.
 */
export function boundResult(body: AnswerBody, limits: ResultLimits): AnswerBody | Refusal | Promise<AnswerBody | Refusal> {
  if (body instanceof ReadableStream) return boundStream(body, limits);
  if (isLarger(body, limits.maxBytes)) return tooLarge(`has more than ${limits.maxBytes} bytes`);
  return boundItems(body, limits);
}

function isLarger(body: string | Uint8Array | SharedResult, maxBytes: number): boolean {
  if (typeof body !== "string") return body.byteLength > maxBytes;
  // A UTF-16 unit takes three bytes at most.
  return body.length > maxBytes || (body.length * 3 > maxBytes && Buffer.byteLength(body) > maxBytes);
}

function tooLarge(how: string): Refusal {
  return refuse("result_too_large", `The server's answer ${how}, which is more than is let through`);
}

function boundItems<B extends string | Uint8Array | SharedResult>(body: B, { maxItems }: ResultLimits): B | Refusal {
  // Each element takes two characters, its comma among them.
  if (maxItems === 0 || (typeof body === "string" ? body.length : body.byteLength) < 2 * maxItems) return body;
  const items = mostItems(textOf(body));
  return items > maxItems ? tooLarge(`has a list of ${items} items, of at most ${maxItems}`) : body;
}

function textOf(body: string | Uint8Array | SharedResult): string {
  if (typeof body === "string") return body;
  return body instanceof SharedResult ? body.text() : new TextDecoder().decode(body);
}

/** The length of the longest list in the result; 0 for what is no result. */
function mostItems(text: string): number {
  try {
    const { result } = JSON.parse(text) as { result?: Readonly<Record<string, unknown>> | null };
    const { values } = (result?.completion ?? {}) as { values?: unknown };
    const lists = [values, ...LISTS.map((name) => result?.[name])];
    return Math.max(...lists.map((list) => (Array.isArray(list) ? list.length : 0)));
  } catch {
    return 0;
  }
}

function boundStream(body: ReadableStream<Uint8Array>, limits: ResultLimits): UpstreamAnswer | Refusal | Promise<UpstreamAnswer | Refusal> {
  const declared = lengthOf(body);
  if (declared !== undefined && declared > limits.maxBytes) {
    body.cancel().catch(() => {});
    return tooLarge(`has ${declared} bytes, of at most ${limits.maxBytes}`);
  }
  const counted = declared === undefined ? cutAt(body, limits.maxBytes) : body;
  if (limits.maxItems === 0) return withLength(counted, declared);
  return new Response(counted).bytes().then((whole) => boundItems(whole, limits));
}

function cutAt(body: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
  let bytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(part, controller) {
        bytes += part.byteLength;
        if (bytes <= maxBytes) controller.enqueue(part);
        else controller.error(new AppError("exhausted", "RESULT_TOO_LARGE", `The server's answer has more than ${maxBytes} bytes`));
      },
    }),
  );
}

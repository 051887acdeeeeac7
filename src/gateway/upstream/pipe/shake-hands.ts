import { CallSignal } from "../../../core/cancel-signal.ts";
import type { Era } from "../../../mcp/classify.ts";
import { abortError, upstreamUnavailable } from "../upstream-errors.ts";
import type { MessagePipe, OpenPipe } from "./message-pipe.ts";
import type { PipeCalls } from "./pipe-calls.ts";

export interface Handshake {
  readonly handle: string;
  readonly open: OpenPipe;
  readonly calls: PipeCalls;
  /** What is asked first. */
  readonly era: Era;
  readonly method: "initialize" | "server/discover";
  readonly paramsText: string;
  readonly timeoutMs: number;
}

/**
 * Opens a pipe and asks the first thing over it. Gives the text of the answer. Throws `unavailable` where the pipe does not
 * open, ends, or the server stays silent; whatever is thrown, nothing is left of the pipe.
 */
export async function shakeHands(
  handshake: Handshake,
  signal: AbortSignal,
): Promise<{ readonly pipe: MessagePipe; readonly answer: string }> {
  const { handle, open, calls, era, method, paramsText, timeoutMs } = handshake;
  const limit = new CallSignal();
  const seconds = Math.round(timeoutMs / 1000);
  const late = () => limit.abort(upstreamUnavailable(handle, `it did not answer ${method} within ${seconds} s`));
  const timer = setTimeout(late, timeoutMs);
  const stop = () => limit.abort(signal.reason);
  signal.addEventListener("abort", stop);
  const opening = new AbortController();
  limit.addEventListener("abort", () => opening.abort(limit.reason));
  if (signal.aborted) stop();
  let pipe: MessagePipe | undefined;
  try {
    pipe = await open((text) => calls.take(text), opening.signal);
    calls.attach(pipe);
    const call = { peer: undefined, era, idText: "0", method, paramsText, onNotification: undefined, onQuestion: undefined };
    return { pipe, answer: await calls.request({ ...call, signal: limit }) };
  } catch (thrown) {
    const { over } = calls;
    await pipe?.stop();
    if (limit.aborted) throw abortError(limit);
    throw over === undefined ? thrown : upstreamUnavailable(handle, over);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

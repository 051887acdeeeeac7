import type { AppError } from "../../../core/app-error.ts";
import type { CallSignal, CancelSignal } from "../../../core/cancel-signal.ts";
import { waitOrAbort } from "../../../core/cancelable-wait.ts";
import { createSseParser } from "../../../mcp/sse.ts";
import { abortError, upstreamLost } from "../upstream-errors.ts";
import { EventMeter } from "./event-meter.ts";
import { connectionError, type HttpSession, type HttpTarget, parseMessage } from "./http-exchange.ts";
import type { Http1Response } from "./http1-connection.ts";
import { Http1Failure } from "./http1-failure.ts";
import { isEventStream, RESUME, resumeHeaders, resumeWaitMs } from "./resume.ts";

export interface StreamReplyOptions {
  /** The id of the answer that is waited for, as JSON text. */
  readonly idText: string;
  /** Takes each message that is not the answer. Returns what ends the question that it asks, where it asks one. */
  readonly take: (text: string, message: Readonly<Record<string, unknown>>) => CallSignal | undefined;
  /** Hears that the server has ended its stream on purpose before the answer, and when it is asked again, in ms. */
  readonly onPoll?: ((retryMs: number) => void) | undefined;
  readonly signal?: CancelSignal | undefined;
}

/**
 * Reads the stream in which a request is answered, up to the answer. One of a session that ends before, or breaks, is
 * resumed where the server has given its events ids (2025-11-25, Streamable HTTP, "Resumability"; SEP-1699).
 */
export function readStreamReply(
  target: HttpTarget,
  session: HttpSession | undefined,
  response: Http1Response,
  options: StreamReplyOptions,
): Promise<string> {
  return new StreamReply(target, session, options).read(response);
}

class StreamReply {
  readonly #target: HttpTarget;
  readonly #session: HttpSession | undefined;
  readonly #options: StreamReplyOptions;
  readonly #wanted: unknown;
  /** Questions that were asked in this stream. */
  readonly #asked: CallSignal[] = [];
  #lastEventId = "";
  #retryMs: number | undefined;
  #failures = 0;

  constructor(target: HttpTarget, session: HttpSession | undefined, options: StreamReplyOptions) {
    this.#target = target;
    this.#session = session;
    this.#options = options;
    this.#wanted = JSON.parse(options.idText);
  }

  async read(response: Http1Response): Promise<string> {
    try {
      let answer = await this.#readOn(response);
      while (answer === undefined) answer = await this.#resume();
      return answer;
    } finally {
      // The call is over, and whatever it asked with it.
      for (const question of this.#asked) question.abort();
    }
  }

  /** The answer; undefined where the stream ended before it and can be resumed. */
  async #readOn(response: Http1Response): Promise<string | undefined> {
    const { maxEventBytes, budget } = this.#target;
    const parser = createSseParser({ maxEventBytes });
    const meter = new EventMeter(budget, parser);
    try {
      for (let chunk = await response.body.next(); chunk !== undefined; chunk = await response.body.next()) {
        const events = parser.push(chunk);
        for (const { data } of events) {
          if (data !== "" && this.#take(data)) return data;
        }
        this.#note(parser.lastEventId, parser.retryMs);
        const pause = meter.take(chunk, events, this.#options.signal ?? NEVER);
        if (pause !== undefined) await pause;
      }
    } catch (cause) {
      const error = connectionError(this.#target.handle, cause);
      if (cause instanceof Http1Failure) this.#requireResumable(error);
      else throw error;
      return undefined;
    } finally {
      response.body.drop();
    }
    this.#requireResumable(upstreamLost(this.#target.handle, "the stream ended before the answer"));
    this.#options.onPoll?.(resumeWaitMs(this.#retryMs));
    return undefined;
  }

  /** Whether this message is the answer; any other is handled. */
  #take(text: string): boolean {
    const message = parseMessage(this.#target, text);
    if (!("method" in message)) return message.id === this.#wanted;
    const question = this.#options.take(text, message);
    if (question !== undefined) this.#asked.push(question);
    return false;
  }

  #note(lastEventId: string, retryMs: number | undefined): void {
    if (lastEventId !== "") this.#lastEventId = lastEventId;
    this.#retryMs = retryMs ?? this.#retryMs;
  }

  #requireResumable(error: AppError): void {
    const { signal } = this.#options;
    if (signal?.aborted || this.#session === undefined || resumeHeaders(this.#session, this.#lastEventId) === undefined) throw error;
  }

  async #resume(): Promise<string | undefined> {
    const { signal } = this.#options;
    await waitOrAbort(resumeWaitMs(this.#retryMs), signal ?? NEVER);
    if (signal?.aborted) throw abortError(signal);
    const response = await this.#get();
    if (response === undefined) {
      this.#failures += 1;
      if (this.#failures >= RESUME.maxFailures) throw upstreamLost(this.#target.handle, "the stream of its answer could not be resumed");
      return undefined;
    }
    this.#failures = 0;
    return this.#readOn(response);
  }

  /** The rest of the stream; undefined where trying again may help. */
  async #get(): Promise<Http1Response | undefined> {
    const { signal } = this.#options;
    const headers = (this.#session && resumeHeaders(this.#session, this.#lastEventId)) ?? {};
    const request = { method: "GET" as const, headers };
    const response = await this.#target.client.send(signal === undefined ? request : { ...request, signal }).catch((cause: unknown) => {
      if (signal?.aborted || !(cause instanceof Http1Failure)) throw connectionError(this.#target.handle, cause);
      return undefined;
    });
    if (response === undefined || isEventStream(response)) return response;
    response.body.drop();
    if (response.status >= 500 || response.status === 429 || response.status === 409) return undefined;
    throw upstreamLost(this.#target.handle, `the stream of its answer could not be resumed: HTTP ${response.status}`);
  }
}

const NEVER: CancelSignal = { aborted: false, reason: undefined, addEventListener: () => {}, removeEventListener: () => {} };

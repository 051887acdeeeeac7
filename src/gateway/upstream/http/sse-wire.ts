import { AppError } from "../../../core/app-error.ts";
import { CallSignal, type CancelSignal } from "../../../core/cancel-signal.ts";
import { createSseParser, type SseEvent } from "../../../mcp/sse.ts";
import type { ReadBudget } from "../read-budget.ts";
import { upstreamBroken, upstreamUnavailable } from "../upstream-errors.ts";
import { EventMeter } from "./event-meter.ts";
import type { Http1Client } from "./http1-client.ts";
import type { Http1Response } from "./http1-connection.ts";
import { parseSseEndpoint } from "./sse-endpoint.ts";

export interface SseWireOptions {
  readonly handle: string;
  /** Where the server's stream is. */
  readonly url: URL;
  /** A client of one URL, which has the origin of the stream's; the wire closes it. */
  readonly open: (url: URL) => Http1Client;
  /** Largest message of the server, in bytes. */
  readonly maxEventBytes: number;
  /** What it may say beside its answers. */
  readonly budget: ReadBudget;
  /** Takes each message, and says whether it was an answer. */
  readonly onMessage: (text: string) => boolean;
  /** Hears that it is over, before anything is closed. */
  readonly onOver: (reason: string) => void;
}

const POST_HEADERS = { "content-type": "application/json" };
const STREAM_HEADERS = { accept: "text/event-stream" };
const EVENT_STREAM = /^text\/event-stream\s*(;|$)/i;

/**
 * The two ways of the HTTP+SSE transport (revision 2024-11-05): messages of the server come on one stream, and those to it
 * are posted to where the stream has said first. Of JSON-RPC it knows nothing.
 *
 * States: opening → open, when the stream has said where to post → over, with a reason; the stream cannot be resumed.
 */
export class SseWire {
  /** Resolves with the reason when it is over. */
  readonly closed: Promise<string>;
  readonly #options: SseWireOptions;
  readonly #stream: Http1Client;
  readonly #endpoint = Promise.withResolvers<void>();
  readonly #resolveClosed: (reason: string) => void;
  readonly #ended = new CallSignal();
  #posts: Http1Client | undefined;
  #over: string | undefined;

  constructor(options: SseWireOptions) {
    this.#options = options;
    this.#stream = options.open(options.url);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    // It may be over before anybody waits for the endpoint, or after.
    this.#endpoint.promise.catch(() => {});
  }

  /** Why it is over; undefined while it is not. */
  get over(): string | undefined {
    return this.#over;
  }

  /** Throws Http1Failure, `unavailable` where the stream ends, `internal`/`UPSTREAM_BROKEN` where it is no such stream. */
  async connect(): Promise<void> {
    void this.#read(await this.#openStream());
    await this.#endpoint.promise;
  }

  /** Posts a message. Resolves when the server has taken it, or with why it was not taken. Throws as `Http1Client.send`. */
  async post(text: string, signal?: CancelSignal): Promise<AppError | undefined> {
    const { handle } = this.#options;
    if (this.#posts === undefined) return upstreamUnavailable(handle, "it has not said where messages are posted");
    const request = { method: "POST", headers: POST_HEADERS, body: text } as const;
    const { status, body } = await this.#posts.send(signal === undefined ? request : { ...request, signal });
    body.drop();
    if (status >= 200 && status < 300) return undefined;
    return status === 404 ? upstreamUnavailable(handle, "its session is over") : upstreamBroken(handle, `HTTP ${status}`);
  }

  /** Ending it again does nothing. */
  end(reason: string): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#options.onOver(reason);
    this.#endpoint.reject(upstreamUnavailable(this.#options.handle, reason));
    this.#stream.close();
    this.#posts?.close();
    this.#ended.abort();
    this.#resolveClosed(reason);
  }

  async #openStream(): Promise<Http1Response> {
    const { handle } = this.#options;
    const response = await this.#stream.send({ method: "GET", headers: STREAM_HEADERS });
    const { status, headers, body } = response;
    const isPlain = (headers.get("content-encoding") ?? "identity") === "identity";
    if (status === 200 && isPlain && EVENT_STREAM.test(headers.get("content-type") ?? "")) return response;
    body.drop();
    if (status === 401 || status === 403) throw upstreamBroken(handle, `it refused us with HTTP ${status}`);
    throw upstreamBroken(handle, `HTTP ${status} in place of a stream of events`);
  }

  /** Never rejects: with the stream all is over. */
  async #read({ body }: Http1Response): Promise<void> {
    const { maxEventBytes, budget } = this.#options;
    const parser = createSseParser({ maxEventBytes });
    const meter = new EventMeter(budget, parser);
    try {
      for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
        const events = parser.push(chunk);
        const answers = events.filter((event) => this.#take(event));
        await meter.take(chunk, events, this.#ended, answers);
      }
      this.end("its stream ended");
    } catch (thrown) {
      if (thrown instanceof AppError) this.#endpoint.reject(brokenBy(this.#options.handle, thrown));
      this.end(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  /** Whether it was an answer. */
  #take({ event, data }: SseEvent): boolean {
    if (this.#over !== undefined) return false;
    if (event === "endpoint" && this.#posts === undefined) this.#takeEndpoint(data);
    // Nobody has asked anything before that.
    else if (event === "message" && data !== "" && this.#posts !== undefined) return this.#options.onMessage(data);
    return false;
  }

  #takeEndpoint(data: string): void {
    const { handle, url, open } = this.#options;
    const endpoint = parseSseEndpoint(url, data);
    if (endpoint === undefined) throw upstreamBroken(handle, "its endpoint is no URL of the origin of its stream");
    this.#posts = open(endpoint);
    this.#endpoint.resolve();
  }
}

/** A stream that cannot be read on has broken the protocol, whatever of it was wrong. */
function brokenBy(handle: string, error: AppError): AppError {
  return error.reason === "UPSTREAM_BROKEN" ? error : upstreamBroken(handle, error.message, error);
}

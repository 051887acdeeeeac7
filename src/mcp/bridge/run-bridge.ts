import { AppError, toAppError } from "../../core/app-error.ts";
import type { FetchLike } from "../client/fetch-like.ts";
import { McpTransportError } from "../client/mcp-transport-error.ts";
import { errorMessage, INVALID_REQUEST } from "../json-rpc.ts";
import { createLineSplitter } from "../line-splitter.ts";
import { answerLost, bridgeClosed, requestCanceled } from "./bridge-errors.ts";
import type { BridgeLimits } from "./bridge-limits.ts";
import { ClientEnd, LISTEN } from "./client-end.ts";
import { type ClientNotification, type ClientRequest, idKey, parseClientLine } from "./client-line.ts";
import { Endpoint } from "./endpoint.ts";
import { failureText } from "./failure-text.ts";
import { type Exchange, InFlight } from "./in-flight.ts";
import { InOrder } from "./in-order.ts";
import { LegacyLane } from "./legacy-lane.ts";
import { ModernLane } from "./modern-lane.ts";

export interface BridgeOptions {
  /** The MCP endpoint, Streamable HTTP. */
  readonly url: URL;
  readonly bearer: string;
  readonly fetch: FetchLike;
  /** What the client writes: a JSON-RPC message on each line. */
  readonly input: ReadableStream<Uint8Array>;
  /** Writes one line to the client, whose end it adds. Resolves when the client has room for more; rejects when the client is gone. */
  readonly write: (line: string) => Promise<void>;
  /** Takes a line for people. */
  readonly log: (line: string) => void;
  /** Aborted: stop now. */
  readonly signal: AbortSignal;
  readonly limits: BridgeLimits;
}

/**
 * Carries a client that speaks lines, in either era, to an endpoint that speaks HTTP. Resolves when the client has closed
 * its end and its answers are there, when it is gone, and when it is told to stop. Throws McpTransportError where the
 * credential is refused, or the endpoint was never reached; every request that waits is answered with an error before.
 */
export function runBridge(options: BridgeOptions): Promise<void> {
  return new Bridge(options).run();
}

/** Messages without an answer that wait for their delivery, before the client has to wait too. */
const MAX_UNDELIVERED = 100;

/** Before the first answer these mean that the address or the credential is wrong, and nothing else will help. */
const FINAL_STATUS = new Set([301, 302, 303, 307, 308, 403, 404, 405]);

interface ChunkReader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}

/** Why it ends before the client does. */
type Stop = { readonly kind: "told" } | { readonly kind: "client gone" } | { readonly kind: "failed"; readonly error: AppError };

class Bridge {
  readonly #options: BridgeOptions;
  readonly #inFlight: InFlight;
  readonly #client: ClientEnd;
  readonly #legacy: LegacyLane;
  readonly #modern: ModernLane;
  readonly #stop = Promise.withResolvers<Stop>();
  readonly #tasks = new Set<Promise<void>>();
  /** No request overtakes a notification that the client wrote before it. */
  readonly #notices = new InOrder(MAX_UNDELIVERED);
  readonly #responses = new InOrder(MAX_UNDELIVERED);

  constructor(options: BridgeOptions) {
    this.#options = options;
    const { url, bearer, fetch, limits, write, log } = options;
    const inFlight = new InFlight(limits);
    const client = new ClientEnd({ inFlight, write, log, onGone: () => this.#stop.resolve({ kind: "client gone" }) });
    const deps = {
      endpoint: new Endpoint({ url, bearer, fetch, silenceMs: limits.silenceMs }),
      limits,
      deliver: (text: string, exchange?: Exchange) => client.deliver(text, exchange),
      onFailure: (what: string, thrown: unknown) => this.#onFailure(what, thrown),
      log,
    };
    this.#inFlight = inFlight;
    this.#client = client;
    this.#legacy = new LegacyLane(deps);
    this.#modern = new ModernLane(deps);
  }

  async run(): Promise<void> {
    const { signal, input, limits } = this.#options;
    const onStop = () => this.#stop.resolve({ kind: "told" });
    signal.addEventListener("abort", onStop);
    if (signal.aborted) onStop();
    const reader = input.getReader();
    try {
      const reading = this.#read(reader)
        .catch((thrown) => this.#onFailure("standard input cannot be read", thrown))
        .then(() => this.#drain());
      const stop = await Promise.race([reading, this.#stop.promise]);
      this.#giveUp(stop?.kind === "failed" ? stop.error : bridgeClosed());
      // Each of them has an error to write, which a client that does not read holds up.
      await within(limits.closeMs, this.#idle());
      if (stop?.kind === "failed") throw stop.error;
    } finally {
      signal.removeEventListener("abort", onStop);
      await reader.cancel().catch(() => {});
      this.#modern.close();
      await this.#legacy.close();
    }
  }

  async #read(reader: ChunkReader): Promise<void> {
    const { maxMessageBytes } = this.#options.limits;
    const tooLong = errorMessage("null", { code: INVALID_REQUEST, message: `Invalid Request: a line exceeds ${maxMessageBytes} bytes` });
    let overlong = 0;
    const splitter = createLineSplitter(maxMessageBytes, () => {
      overlong += 1;
    });
    for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
      for (const line of splitter.push(next.value)) await this.#take(line);
      for (; overlong > 0; overlong -= 1) await this.#client.write(tooLong);
    }
  }

  /** Takes a line. Resolves when there is room for the next, most often at once. */
  async #take(text: string): Promise<void> {
    const line = parseClientLine(text);
    if (line.kind === "invalid") await this.#client.write(line.answer);
    else if (line.kind === "response") await this.#responses.add(() => this.#legacy.respond(line.text));
    else if (line.kind === "notification") await this.#notices.add(() => this.#notify(line));
    else await this.#begin(line);
  }

  async #begin(request: ClientRequest): Promise<void> {
    const exchange = this.#inFlight.begin(request);
    if (exchange instanceof AppError) {
      for (const idText of request.ids.values()) await this.#client.write(failureText(idText, exchange));
      return;
    }
    const task = this.#carryOut(exchange, this.#notices.delivered).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  async #carryOut(exchange: Exchange, before: Promise<void>): Promise<void> {
    try {
      await before;
      if (exchange.done) return;
      await (exchange.era === "modern" ? this.#modern : this.#legacy).exchange(exchange);
      if (!exchange.done) await this.#client.fail(exchange, answerLost());
    } catch (thrown) {
      const error = toAppError(thrown);
      await this.#client.fail(exchange, error);
      if (this.#isFinal(error)) this.#stop.resolve({ kind: "failed", error });
    }
  }

  async #notify({ era, method, params, text }: ClientNotification): Promise<void> {
    if (method === "notifications/cancelled") await this.#cancel(era, params.requestId, text);
    else if (era === "modern" && method !== undefined) await this.#modern.notify(method, params, text);
    else await this.#legacy.notify(method, text);
  }

  /** A modern server hears of it by the end of the stream; a legacy one is told, and only then not waited for. */
  async #cancel(era: "legacy" | "modern", requestId: unknown, text: string): Promise<void> {
    const key = idKey(requestId);
    const exchange = this.#inFlight.get(key);
    // The handshake cannot be canceled, says the specification.
    if (exchange?.method === "initialize") return;
    this.#inFlight.settle(key);
    const isLegacy = exchange === undefined ? era === "legacy" && this.#legacy.isOpen : exchange.era === "legacy";
    if (isLegacy) await this.#legacy.notify("notifications/cancelled", text);
    if (exchange?.done) exchange.abort(requestCanceled());
  }

  /** Waits for the answers that are due, but for subscriptions, which have no end. */
  async #drain(): Promise<undefined> {
    for (const exchange of this.#inFlight.exchanges()) if (exchange.method === LISTEN) exchange.abort(bridgeClosed());
    await within(this.#options.limits.drainMs, this.#idle());
    return undefined;
  }

  #giveUp(error: AppError): void {
    for (const exchange of this.#inFlight.exchanges()) exchange.abort(error);
  }

  async #idle(): Promise<void> {
    await Promise.all([this.#notices.delivered, this.#responses.delivered]);
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #isFinal(error: AppError): boolean {
    if (!(error instanceof McpTransportError)) return false;
    if (error.status === 401) return true;
    if (this.#client.reached) return false;
    return error.status === undefined ? error.reason === "MCP_NETWORK" : FINAL_STATUS.has(error.status);
  }

  #onFailure(what: string, thrown: unknown): void {
    const error = toAppError(thrown);
    if (error.reason === "BRIDGE_CLOSED") return;
    this.#options.log(`${what}: ${error.message}`);
    if (error instanceof McpTransportError && error.status === 401) this.#stop.resolve({ kind: "failed", error });
  }
}

/** Waits for it, but no longer than so many ms. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

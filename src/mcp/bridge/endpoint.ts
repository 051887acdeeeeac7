import { AppError } from "../../core/app-error.ts";
import { displayUrl } from "../client/endpoint-url.ts";
import type { FetchLike } from "../client/fetch-like.ts";
import type { McpProtocolError } from "../client/mcp-protocol-error.ts";
import { McpTransportError } from "../client/mcp-transport-error.ts";
import { networkFailure } from "../client/network-failure.ts";

export interface EndpointOptions {
  readonly url: URL;
  readonly bearer: string;
  readonly fetch: FetchLike;
  /** A request is given up when the server has not sent a byte for so long. */
  readonly silenceMs: number;
}

export interface EndpointRequest {
  readonly method: "POST" | "GET" | "DELETE";
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** All the time that it may take; without it only silence ends it. */
  readonly limitMs?: number;
}

const JSON_AND_STREAM = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** The headers of every posted message. */
export function postHeaders(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ...JSON_AND_STREAM, ...more };
}

/** One URL with the credential that opens it. Nothing is sent twice by itself, and no redirect is followed. */
export class Endpoint {
  readonly #options: EndpointOptions;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /**
   * Sends a request and gives its response to `read`, which calls `alive` for each piece that arrives. When `read` is
   * done, what it left unread is closed.
   *
   * Throws the signal's reason where that is aborted, else McpTransportError or what `read` throws as one.
   */
  async send<T>(request: EndpointRequest, signal: AbortSignal, read: (response: Response, alive: () => void) => Promise<T>): Promise<T> {
    const { url, bearer, silenceMs } = this.#options;
    const way = new AbortController();
    const abort = () => way.abort();
    const { method, headers, body, limitMs } = request;
    const ms = limitMs ?? silenceMs;
    const late = setTimeout(() => way.abort(tooLate(ms, url)), ms);
    const alive = limitMs === undefined ? () => late.refresh() : () => {};
    signal.addEventListener("abort", abort);
    try {
      if (signal.aborted) throw signal.reason;
      const init = { method, headers: { ...headers, authorization: `Bearer ${bearer}` }, redirect: "manual", signal: way.signal } as const;
      const response = await this.#options.fetch(url.href, body === undefined ? init : { ...init, body });
      return await read(response, alive);
    } catch (thrown) {
      throw this.#failure(thrown, signal, way.signal);
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", abort);
      way.abort();
    }
  }

  #failure(thrown: unknown, signal: AbortSignal, way: AbortSignal): AppError | McpProtocolError {
    if (signal.aborted && signal.reason instanceof AppError) return signal.reason;
    if (way.reason instanceof AppError) return way.reason;
    return networkFailure(thrown, displayUrl(this.#options.url));
  }
}

function tooLate(ms: number, url: URL): McpTransportError {
  return new McpTransportError("deadline", "MCP_TIMEOUT", `Nothing came from ${displayUrl(url)} for ${Math.round(ms / 1000)} s`);
}

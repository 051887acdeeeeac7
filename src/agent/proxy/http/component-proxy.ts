import { Agent, type IncomingMessage, request as startRequest } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { AppError, toAppError } from "../../../core/app-error.ts";
import { HTTP_STATUS } from "../../../core/error-tables.ts";
import { type AuthorizeProxyDeps, authorizeProxy } from "../authorize-proxy.ts";
import { type ComponentTraffic, type Passage, unreachable } from "../component-traffic.ts";
import { answerHeaders, requestHeaders } from "../proxied-headers.ts";
import { type ProxiedPath, parseProxiedPath } from "../proxied-path.ts";

export interface ComponentProxyOptions extends AuthorizeProxyDeps {
  readonly traffic: ComponentTraffic;
  /** Of a request, which is read before it is sent on. */
  readonly maxBodyBytes?: number;
  readonly maxCalls?: number;
  /** Told of failures inside. */
  readonly onFailure: (cause: unknown) => void;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_CALLS = 1000;
const TOO_LARGE = "PROXY_BODY_TOO_LARGE";

/**
 * Passes calls of `/c/<service>/<component>/<port>/…` to the container that serves now, and their answers back as they come.
 * A container that takes no connection was not reached: the call is sent to the one that is there then, once.
 */
export class ComponentProxy {
  readonly #options: ComponentProxyOptions;
  readonly #agent = new Agent({ keepAlive: false });
  /** Those whose body is still read are among them: it is kept in memory. */
  #calls = 0;

  constructor(options: ComponentProxyOptions) {
    this.#options = options;
  }

  /** Answers whatever comes; what is no path of the proxy with 404. */
  readonly handle = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    // A peer that breaks off is no failure.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    this.#pass(request, response).catch((thrown: unknown) => this.#refuse(response, thrown));
  };

  async #pass(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const path = parseProxiedPath(request.url);
    if (path === undefined) throw new AppError("not_found", "PROXY_PATH_UNKNOWN", "There is nothing at this path");
    await authorizeProxy(request.headers.authorization, this.#options);
    const { maxBodyBytes = MAX_BODY_BYTES, maxCalls = MAX_CALLS } = this.#options;
    if (this.#calls >= maxCalls) throw tooMany(maxCalls);
    this.#calls += 1;
    try {
      const body = await readBody(request, maxBodyBytes);
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      await this.#send({ request, response, body, path, gone: gone.signal }, false);
    } finally {
      this.#calls -= 1;
    }
  }

  async #send(call: Call, again: boolean): Promise<void> {
    const { path, gone } = call;
    const passage = await this.#options.traffic.enter(path, { again });
    try {
      const answer = await this.#ask(call, passage);
      await relay(answer, call);
    } catch (thrown) {
      passage.end();
      if (gone.aborted) return;
      if (!isRefused(thrown)) throw lost(path, thrown);
      if (again) throw unreachable(path.service, path.component, "it takes no connection", thrown);
      await this.#send(call, true);
    } finally {
      passage.end();
    }
  }

  #ask({ request, body, path, gone }: Call, { endpoint }: Passage): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = startRequest({
        host: endpoint.host,
        port: endpoint.port,
        method: request.method,
        path: path.rest,
        headers: requestHeaders(request.headers, path.port, body.length),
        agent: this.#agent,
        signal: gone,
      });
      asked.once("response", resolve).on("error", reject);
      asked.end(body.length > 0 ? body : undefined);
    });
  }

  #refuse(response: Http2ServerResponse, thrown: unknown): void {
    const error = toAppError(thrown);
    if (error.code === "internal") this.#options.onFailure(error.cause ?? error);
    if (response.headersSent) {
      response.stream === undefined ? response.destroy() : response.stream.close(INTERNAL_ERROR);
      return;
    }
    const { code, reason, message, hint, retryAfterSeconds } = error;
    const retry = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
    const challenge = code === "unauthenticated" ? { "www-authenticate": "Bearer" } : {};
    response.writeHead(reason === TOO_LARGE ? 413 : HTTP_STATUS[code], { "content-type": "application/json", ...retry, ...challenge });
    response.end(JSON.stringify({ error: { code, reason, message, ...(hint === undefined ? {} : { hint }) } }));
  }
}

/** Of HTTP/2 (RFC 9113, 7): the caller must not take half an answer for a whole one. */
const INTERNAL_ERROR = 2;

interface Call {
  readonly request: Http2ServerRequest;
  readonly response: Http2ServerResponse;
  readonly body: Buffer;
  readonly path: ProxiedPath;
  /** Aborted when the caller has gone, or has its answer. */
  readonly gone: AbortSignal;
}

async function relay(answer: IncomingMessage, { response, gone }: Call): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, answerHeaders(answer.headers));
  // Over HTTP/1.1 they would wait for the first piece, which may be long in coming.
  (response as { flushHeaders?: () => void }).flushHeaders?.();
  for await (const chunk of answer) {
    if (gone.aborted) return;
    if (!response.write(chunk)) await drainedOrGone(response, gone);
  }
  response.end();
}

function drainedOrGone(response: Http2ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    if (gone.aborted) return resolve();
    response.once("drain", done);
    gone.addEventListener("abort", done);
  });
}

async function readBody(request: Http2ServerRequest, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new AppError("exhausted", "PROXY_BODY_TOO_LARGE", `The body has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isRefused(thrown: unknown): boolean {
  const { code } = thrown as { readonly code?: string };
  return code === "ECONNREFUSED" || code === "ConnectionRefused" || code === "EHOSTUNREACH";
}

/** Unlike one that was not reached, it may have done what it was asked to do. */
function lost({ service, component }: ProxiedPath, cause: unknown): AppError {
  return new AppError("unavailable", "COMPONENT_LOST", `The component ${service}/${component} was lost during the call: it broke off`, {
    cause,
    hint: `'mcpctl status ${service}' says how it is`,
  });
}

function tooMany(maxCalls: number): AppError {
  return new AppError("exhausted", "TOO_MANY_CALLS", `The proxy has ${maxCalls} calls in flight already`, { retryAfterSeconds: 1 });
}

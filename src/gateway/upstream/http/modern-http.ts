import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { HEADER_MISMATCH } from "../../../mcp/eras/2026-07-28/error-codes.ts";
import { requestHeaders } from "../../../mcp/eras/2026-07-28/request-headers.ts";
import { ToolHeaders } from "../../../mcp/eras/2026-07-28/tool-headers.ts";
import { LEGACY_BAD_REQUEST, METHOD_NOT_FOUND } from "../../../mcp/json-rpc.ts";
import { createSseParser } from "../../../mcp/sse.ts";
import { withTraceHeaders } from "../../tracing/trace-headers.ts";
import { gatewayParams, introduced } from "../discover.ts";
import { answerFor, hopParams, progressFor, requestText } from "../hop.ts";
import type { ListenChannel } from "../modern-listen.ts";
import { isListChanged, type UpstreamAnswer, type UpstreamCall } from "../upstream.ts";
import { upstreamBroken } from "../upstream-errors.ts";
import { EventMeter } from "./event-meter.ts";
import { connectionError, type HttpTarget, POST_HEADERS, parseMessage, plainAnswer } from "./http-exchange.ts";
import type { Http1Response } from "./http1-connection.ts";
import { readReply } from "./read-reply.ts";
import { isEventStream } from "./resume.ts";

/** Of a client's own headers only these go on, and only where they can be sent. */
const PARAM_HEADER = /^mcp-param-[!#$%&'*+.^_`|~0-9A-Za-z-]+$/i;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
/** Pages of a list of tools that are read for the headers of a call. */
const MAX_PAGES = 100;

/**
 * A server at a URL that speaks revision 2026-07-28: each request stands for itself. Requests get ids and progress tokens
 * of this hop all the same, as many callers are one client to the server; all else in a message stays as it is.
 */
export class ModernHttp implements ListenChannel {
  readonly #target: HttpTarget;
  readonly #tools = new ToolHeaders();
  #lastId = 0;
  #listing: Promise<void> | undefined;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  /** Asks in the era of the server: the params are modern ones. Closing the connection is how a call is canceled. */
  async request(asked: UpstreamCall): Promise<UpstreamAnswer> {
    const call = asked.peer === undefined ? introduced(asked) : asked;
    const params = paramsOf(call);
    const answer = await this.#ask(call, params);
    if (call.method === "tools/list") return this.#tools.take(answer, params.cursor === undefined);
    const code = errorCode(answer);
    if (code === undefined) return answer;
    if (code === HEADER_MISMATCH && call.method === "tools/call") {
      const listed = await this.#listTools().then(
        () => true,
        () => false,
      );
      return listed ? this.#ask(call, params) : answer;
    }
    if (code === METHOD_NOT_FOUND || code === LEGACY_BAD_REQUEST) this.#target.onContradiction();
    return answer;
  }

  async listen(
    paramsText: string,
    onMessage: (message: Readonly<Record<string, unknown>>) => void,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const target = this.#target;
    const method = "subscriptions/listen";
    const idText = this.#nextId();
    const headers = { ...POST_HEADERS, ...requestHeaders(method, JSON.parse(paramsText)) };
    const response = await target.client.send({ method: "POST", headers, body: requestText(idText, method, paramsText), signal });
    if (!isEventStream(response)) {
      const answer = await readReply(target, undefined, response, { idText, take: () => undefined, whole: true, signal });
      return typeof answer === "string" ? errorText(answer) : undefined;
    }
    return readChanges(target, response, onMessage, signal);
  }

  #nextId(): string {
    this.#lastId += 1;
    return String(this.#lastId);
  }

  async #ask(call: UpstreamCall, params: Readonly<Record<string, unknown>>): Promise<string> {
    const target = this.#target;
    const { method, paramsText, signal } = call;
    const idText = this.#nextId();
    const body = requestText(idText, method, paramsText === undefined ? undefined : hopParams(paramsText, Number(idText)));
    try {
      const headers = withTraceHeaders(this.#headersOf(call, params), call.trace);
      const response = await target.client.send({ method: "POST", headers, body, signal });
      const answer = plainAnswer(response, idText) ?? (await readReply(target, undefined, response, this.#replyOptions(call, idText)));
      const own = typeof answer === "string" ? answerFor(call, answer) : undefined;
      if (own === undefined) throw upstreamBroken(target.handle, "an answer without an id");
      return own;
    } catch (thrown) {
      throw connectionError(target.handle, thrown);
    }
  }

  #replyOptions(call: UpstreamCall, idText: string) {
    const take = (text: string, { id, method, params }: Readonly<Record<string, unknown>>) => {
      // Servers of this era ask by their answers; a request of theirs is nothing that could be answered.
      if (typeof method !== "string" || id !== undefined) return undefined;
      if (isListChanged(method)) this.#target.events.listChanged();
      else if (method !== "notifications/progress") call.onNotification?.(text);
      else if (isJsonObject(params) && params.progressToken === Number(idText)) passProgress(call, text);
      return undefined;
    };
    return { idText, take, whole: true as const, signal: call.signal };
  }

  #headersOf({ method, headers = {} }: UpstreamCall, params: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
    const own = method === "tools/call" ? this.#tools.of(params.name, params.arguments) : {};
    const foreign = Object.entries(headers).filter(([name, value]) => PARAM_HEADER.test(name) && HEADER_VALUE.test(value));
    const passed = foreign.map(([name, value]) => [name.toLowerCase(), value] as const).filter(([name]) => !Object.hasOwn(own, name));
    return { ...POST_HEADERS, ...requestHeaders(method, params), ...Object.fromEntries(passed), ...own };
  }

  /** Reads the list of tools for what their arguments have in headers; those who need it at the same time share one reading. */
  #listTools(): Promise<void> {
    this.#listing ??= this.#readTools().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async #readTools(): Promise<void> {
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const paramsText = gatewayParams(cursor === undefined ? {} : { cursor });
      const call = { ...GATEWAY_CALL, idText: "0", method: "tools/list", paramsText, signal: AbortSignal.timeout(LIST_TIMEOUT_MS) };
      const answer = await this.#ask(call, JSON.parse(paramsText));
      this.#tools.take(answer, cursor === undefined);
      const { result } = JSON.parse(answer) as { result?: { nextCursor?: unknown } };
      cursor = result?.nextCursor;
      if (typeof cursor !== "string") return;
    }
  }
}

const LIST_TIMEOUT_MS = 15_000;
const GATEWAY_CALL = { peer: undefined, era: "modern", onNotification: undefined, onQuestion: undefined } as const;

function paramsOf({ paramsText }: UpstreamCall): Readonly<Record<string, unknown>> {
  const params: unknown = paramsText === undefined ? {} : JSON.parse(paramsText);
  return isJsonObject(params) ? params : {};
}

function passProgress(call: UpstreamCall, text: string): void {
  const own = progressFor(call, text);
  if (own !== undefined) call.onNotification?.(own);
}

async function readChanges(
  target: HttpTarget,
  { body }: Http1Response,
  onMessage: (message: Readonly<Record<string, unknown>>) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const parser = createSseParser({ maxEventBytes: target.maxEventBytes });
  const meter = new EventMeter(target.budget, parser);
  try {
    for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
      const events = parser.push(chunk);
      for (const { data } of events) {
        const message = data === "" ? undefined : parseMessage(target, data);
        if (message === undefined) continue;
        // Its answer is how a server ends it.
        if (!("method" in message)) return errorText(data);
        onMessage(message);
      }
      await meter.take(chunk, events, signal);
    }
  } finally {
    body.drop();
  }
  return undefined;
}

/** The code of an error; undefined for a result, which is mostly told from its first characters or not looked into at all. */
function errorCode(answer: string): unknown {
  if (!answer.includes('"error"')) return undefined;
  const { error } = JSON.parse(answer) as { error?: { code?: unknown } };
  return error?.code;
}

function errorText(answer: string): string | undefined {
  const { error } = JSON.parse(answer) as { error?: unknown };
  return error === undefined ? undefined : JSON.stringify(error);
}

import { AppError, type ErrorCode } from "../core/app-error.ts";
import { type AnyEndpoint, type BodyOf, fillPath, type ParamsOf, type PathParams, type QueryOf, type ReplyOf } from "./endpoint.ts";
import { eventData } from "./event-data.ts";

export interface ApiClientOptions {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly bearer: string | undefined;
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

type Params<E extends AnyEndpoint> = [PathParams<E["path"]>] extends [never]
  ? { readonly params?: undefined }
  : { readonly params: ParamsOf<E> };

/** What a call of an endpoint takes; query values are written as text. */
export type CallOptions<E extends AnyEndpoint> = Params<E> & {
  readonly query?: Partial<Record<keyof QueryOf<E>, string | number | undefined>>;
  /** As the endpoint's schema takes it, defaults left out. */
  readonly body?: Partial<BodyOf<E>> | undefined;
  /** The version that must still be the current one. */
  readonly ifMatch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

const TIMEOUT_MS = 30_000;

/** The same whatever the endpoint. */
interface SentOptions {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
  readonly ifMatch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Calls mcpd by the endpoint table. A refusal is thrown as the AppError that mcpd meant, with its reason and hint. */
export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  async call<E extends AnyEndpoint>(endpoint: E, options: CallOptions<E>): Promise<ReplyOf<E>> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? TIMEOUT_MS);
    const response = await this.#send(
      endpoint,
      options,
      options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    );
    if (!response.ok) throw await failureOf(response);
    if (endpoint.status === 204) return undefined as ReplyOf<E>;
    const parsed = endpoint.reply.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data as ReplyOf<E>;
    throw new AppError("internal", "API_REPLY_UNEXPECTED", `mcpd's answer to ${endpoint.name} is not what this version expects`, {
      hint: "are mcpctl and mcpd of the same version?",
    });
  }

  /** Events until the server ends the stream or `signal` is aborted. `onOpen` runs when the server has accepted it. */
  async *stream<E extends AnyEndpoint>(
    endpoint: E,
    options: CallOptions<E> & { readonly onOpen?: () => void },
  ): AsyncGenerator<ReplyOf<E>> {
    const response = await this.#send(endpoint, options as SentOptions, options.signal);
    if (!response.ok) throw await failureOf(response);
    options.onOpen?.();
    if (response.body === null) return;
    for await (const data of eventData(response.body)) yield endpoint.reply.parse(JSON.parse(data)) as ReplyOf<E>;
  }

  async #send(endpoint: AnyEndpoint, options: SentOptions, signal: AbortSignal | undefined): Promise<Response> {
    const { baseUrl, bearer, headers } = this.#options;
    const url = new URL(baseUrl + fillPath(endpoint.path, options.params ?? {}));
    for (const [name, value] of Object.entries(options.query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
    const init: RequestInit = {
      method: endpoint.method,
      headers: {
        ...headers,
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
        ...(options.ifMatch === undefined ? {} : { "if-match": `"${options.ifMatch}"` }),
      },
      redirect: "error",
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      return await (this.#options.fetch ?? fetch)(url.href, init);
    } catch (cause) {
      if (options.signal?.aborted === true) throw new AppError("canceled", "API_CALL_CANCELED", "The call was canceled", { cause });
      throw unreachable(baseUrl, cause);
    }
  }
}

function unreachable(baseUrl: string, cause: unknown): AppError {
  const { name, code, message } = cause as { name?: string; code?: string; message?: string };
  const why = name === "TimeoutError" ? "it did not answer in time" : (code ?? message ?? "no connection");
  return new AppError("unavailable", "API_UNREACHABLE", `mcpd at ${baseUrl} cannot be reached: ${why}`, {
    cause,
    hint: "does it run? 'mcpctl up' starts it; 'mcpctl context list' shows where this command looks",
  });
}

const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "invalid",
  401: "unauthenticated",
  403: "denied",
  404: "not_found",
  405: "unimplemented",
  409: "conflict",
  412: "precondition",
  413: "exhausted",
  415: "invalid",
  429: "exhausted",
  499: "canceled",
  501: "unimplemented",
  503: "unavailable",
  504: "deadline",
};

/** What a status of HTTP means. */
export function codeOfStatus(status: number): ErrorCode {
  return CODE_BY_STATUS[status] ?? "internal";
}

async function failureOf(response: Response): Promise<AppError> {
  const text = await response.text().catch(() => "");
  const error = parsedError(text);
  const code = codeOfStatus(response.status);
  const reason = typeof error.reason === "string" ? error.reason : "API_REFUSED";
  const message = typeof error.message === "string" ? error.message : `mcpd answered with HTTP ${response.status}`;
  return new AppError(code, reason, message, typeof error.hint === "string" ? { hint: error.hint } : {});
}

function parsedError(text: string): Readonly<Record<string, unknown>> {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

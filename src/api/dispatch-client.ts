import { z } from "zod";
import { AppError } from "../core/app-error.ts";
import { codeOfStatus } from "./api-client.ts";
import { type TaskPriority, type TaskView, taskErrorSchema, taskSchema } from "./dispatch-task.ts";

/** What a gateway answers to a call that was dispatched. */
export const dispatchAnswerSchema = z.object({
  /** `accepted`: it waits or runs. */
  status: z.enum(["accepted", "completed", "failed", "canceled"]),
  task_id: z.string(),
  /** Of the request that began it. */
  trace_id: z.string(),
  idempotency_key: z.string(),
  /** Whether an earlier request began it. */
  reused: z.boolean(),
  result: z.unknown().optional(),
  error: taskErrorSchema.optional(),
});
export type DispatchAnswer = z.infer<typeof dispatchAnswerSchema>;

export interface DispatchClientOptions {
  /** Of a project or of one server at a gateway, without a slash at the end: `…/projects/demo`, `…/api/v1/mcp/content`. */
  readonly url: string;
  readonly bearer: string;
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

export interface DispatchedCall {
  readonly method: string;
  /** JSON text of an object; it is sent as it is. */
  readonly params: string | undefined;
  readonly priority: TaskPriority | undefined;
  readonly idempotencyKey: string;
}

/** Calls a gateway's routes of dispatched calls. A refusal is thrown as an AppError with the gateway's code as its reason. */
export class DispatchClient {
  readonly #options: DispatchClientOptions;

  constructor(options: DispatchClientOptions) {
    this.#options = options;
  }

  /** Where the gateway does not queue, this takes as long as the call. Sent again with the same key it is the same call. */
  async dispatch({ method, params, priority, idempotencyKey }: DispatchedCall, signal: AbortSignal): Promise<DispatchAnswer> {
    const head = JSON.stringify({ method, ...(priority === undefined ? {} : { priority }) });
    const body = params === undefined ? head : `${head.slice(0, -1)},"params":${params}}`;
    const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey };
    return this.#send("/dispatch", { method: "POST", headers, body, signal }, dispatchAnswerSchema);
  }

  /** A task of this caller's. */
  async task(id: string, signal: AbortSignal): Promise<TaskView> {
    return this.#send(`/tasks/${encodeURIComponent(id)}`, { method: "GET", signal }, taskSchema);
  }

  async #send<S extends z.ZodType>(path: string, init: RequestInit & { signal: AbortSignal }, schema: S): Promise<z.infer<S>> {
    const { url, bearer, fetch: given = fetch } = this.#options;
    const headers = { ...init.headers, authorization: `Bearer ${bearer}` };
    const { signal } = init;
    const response = await given(url + path, { ...init, headers, redirect: "error" }).catch((cause: unknown) => {
      throw lost(url, cause, signal);
    });
    const text = await response.text().catch((cause: unknown) => {
      throw lost(url, cause, signal);
    });
    if (!response.ok) throw refusalIn(response, text);
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    throw new AppError("internal", "API_REPLY_UNEXPECTED", "The gateway's answer is not what this version expects", {
      hint: "are mcpctl and the gateway of the same version?",
    });
  }
}

function lost(url: string, cause: unknown, signal: AbortSignal): AppError {
  if (signal.aborted) return new AppError("canceled", "API_CALL_CANCELED", "The call was canceled", { cause });
  const { code, message } = cause as { code?: string; message?: string };
  const { origin } = new URL(url);
  const why = code ?? message ?? "no connection";
  return new AppError("unavailable", "GATEWAY_UNREACHABLE", `The gateway at ${origin} cannot be reached: ${why}`, { cause });
}

function refusalIn({ status }: Response, text: string): AppError {
  const { code, message } = errorIn(jsonOf(text));
  const reason = typeof code === "string" ? code.toUpperCase() : "GATEWAY_REFUSED";
  return new AppError(codeOfStatus(status), reason, typeof message === "string" ? message : `The gateway answered with HTTP ${status}`);
}

function errorIn(body: unknown): { readonly code?: unknown; readonly message?: unknown } {
  const error = typeof body === "object" && body !== null ? (body as { error?: unknown }).error : undefined;
  return typeof error === "object" && error !== null ? error : {};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

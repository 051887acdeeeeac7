/** For tests: a gateway that takes dispatched calls, kept in memory. */
import type { DispatchAnswer } from "../../api/dispatch-client.ts";
import type { TaskView } from "../../api/dispatch-task.ts";
import type { FetchLike } from "../../mcp/client/fetch-like.ts";

export interface SentDispatch {
  readonly url: string;
  readonly bearer: string | null;
  readonly key: string | null;
  readonly body: string;
}

export interface FakeGateway {
  readonly fetch: FetchLike;
  readonly sent: SentDispatch[];
  /** How often was asked for a task. */
  readonly asked: string[];
}

type Reply = Partial<DispatchAnswer> | Response;

/** `replies` to dispatches, and the `tasks` that are told one after another, the last one for good. */
export function fakeGateway(reply: Reply | (() => Promise<Reply>), tasks: readonly (TaskView | Response)[] = []): FakeGateway {
  const sent: SentDispatch[] = [];
  const asked: string[] = [];
  const fetch: FetchLike = async (url, init) => {
    init.signal?.throwIfAborted();
    const headers = new Headers(init.headers);
    const bearer = headers.get("authorization");
    if (init.method === "GET") {
      asked.push(url);
      const task = tasks[Math.min(asked.length, tasks.length) - 1];
      if (task === undefined) throw new Error("the test did not expect to be asked for a task");
      return task instanceof Response ? copyOf(task) : Response.json(task);
    }
    const key = headers.get("idempotency-key");
    sent.push({ url, bearer, key, body: String(init.body) });
    const given = typeof reply === "function" ? await reply() : reply;
    if (given instanceof Response) return copyOf(given);
    const about = { task_id: "tsk_1", trace_id: "t", idempotency_key: key, reused: false };
    return Response.json({ status: "accepted", ...about, ...given }, { status: given.status === "completed" ? 200 : 202 });
  };
  return { fetch, sent, asked };
}

/** One that may be read again. */
function copyOf(response: Response): Response {
  return response.clone() as Response;
}

import { type FoundTask, TASK_STATES, type TaskState, taskText } from "../../api/dispatch-task.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";
import type { Answer } from "../answer.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { TasksRoute } from "../route.ts";
import type { Scope } from "../scope.ts";
import type { DispatchDeps } from "./dispatch-request.ts";
import type { DispatchTasks } from "./dispatch-tasks.ts";
import { targetOf } from "./target-of.ts";

export interface AnswerTasksDeps {
  readonly dispatch: Pick<DispatchDeps, "tasks">;
  readonly onFailure: (error: AppError) => void;
}

export interface TasksRequest {
  readonly scope: Scope;
  readonly tasks: TasksRoute;
  readonly url: string;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** The caller's own tasks at this place: all, one of them, or one that is canceled. Another's is not there (404). */
export async function answerTasks({ dispatch, onFailure }: AnswerTasksDeps, request: TasksRequest): Promise<Answer | Refusal> {
  const { tasks: keeper } = dispatch;
  if (keeper === undefined)
    return refuse("async_unavailable", "This gateway keeps no tasks: ask at mcpctl up, or at a gateway that is enrolled");
  try {
    return request.tasks.id === undefined ? await listed(keeper, request) : await one(keeper, request, request.tasks.id);
  } catch (thrown) {
    onFailure(toAppError(thrown));
    return refuse("async_unavailable", "Dispatched calls cannot be looked up now", { "retry-after": "1" });
  }
}

async function one(keeper: DispatchTasks, { scope, tasks }: TasksRequest, taskId: string): Promise<Answer | Refusal> {
  const own = { taskId: taskId.slice(0, 40), ...ownAt(scope) };
  const found: FoundTask | undefined = tasks.cancel ? await keeper.cancel(own) : await keeper.find(own);
  if (found === undefined || taskId.length > 40) return refuse("not_found", "There is no such task of yours here");
  return { kind: "answer", body: taskText(found) };
}

async function listed(keeper: DispatchTasks, { scope, url }: TasksRequest): Promise<Answer | Refusal> {
  const query = queryOf(url);
  if (isRefusal(query)) return query;
  const tasks = await keeper.list({ ...ownAt(scope), ...query });
  const next = tasks.length === query.limit ? tasks.at(-1)?.id : undefined;
  return { kind: "answer", body: JSON.stringify({ tasks, next: next ?? null }) };
}

/** On a route of one server its tasks alone; on a project's those of all its servers. */
function ownAt(scope: Scope): { readonly principal: string; readonly project?: string; readonly target?: string } {
  const { principalId: principal, place } = scope;
  return place.kind === "server" ? { principal, target: targetOf(scope) } : { principal, project: place.project.name };
}

interface ListQuery {
  readonly limit: number;
  readonly state?: TaskState;
  readonly after?: string;
}

function queryOf(url: string): ListQuery | Refusal {
  const at = url.indexOf("?");
  const query = new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
  const limit = query.has("limit") ? Number(query.get("limit")) : DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) return refuse("invalid_payload", `limit must be 1 to ${MAX_LIMIT}`);
  const named = query.get("state");
  const state = TASK_STATES.find((each) => each === named);
  if (named !== null && state === undefined) return refuse("invalid_payload", `state must be one of ${TASK_STATES.join(", ")}`);
  const after = query.get("after");
  if (after !== null && (after === "" || after.length > 40)) return refuse("invalid_payload", "after must be the id of a task");
  return { limit, ...(state && { state }), ...(after !== null && { after }) };
}

import { type FoundTask, type OwnTask, type TaskQuery, type TaskView, wholeTask } from "../../api/dispatch-task.ts";
import { projectTasks, tasks } from "../../api/endpoints/task-endpoints.ts";
import { AppError } from "../../core/app-error.ts";
import type { Principal } from "../../core/caller.ts";
import type { Actor } from "../access/actor.ts";
import type { TaskReader } from "../task/task-reader.ts";
import { type Route, route } from "./route.ts";

/** The dispatched calls of whoever asks; those of others are not there. */
export function taskRoutes(reader: TaskReader): Route[] {
  return [
    route(tasks.list, async ({ actor, query }) => {
      requireOwnProject(actor.caller.principal, query.project);
      return page(reader, actor, query);
    }),
    route(tasks.get, ({ actor, params: { id } }) => found(id, reader.find(own(actor, id)))),
    route(tasks.cancel, ({ actor, params: { id } }) => found(id, reader.cancel(own(actor, id)))),
    route(projectTasks.list, ({ actor, params: { project }, query }) => page(reader, actor, { ...query, project })),
    route(projectTasks.get, ({ actor, params: { id, project } }) => found(id, reader.find(own(actor, id, project)))),
    route(projectTasks.cancel, ({ actor, params: { id, project } }) => found(id, reader.cancel(own(actor, id, project)))),
  ];
}

/** As many as a reader gives at once. */
const MAX_PAGE = 200;

interface PageQuery extends Pick<TaskQuery, "state" | "limit" | "project"> {
  readonly cursor?: string | undefined;
}

/** A page that is full may be the last one: then the next is empty. */
async function page(reader: TaskReader, actor: Actor, { cursor: after, limit, ...query }: PageQuery) {
  const asked = Math.min(limit, MAX_PAGE);
  const listed = await reader.list({ ...query, principal: principalOf(actor), limit: asked, after });
  const nextCursor = listed.length < asked ? null : (listed.at(-1)?.id ?? null);
  return { items: [...listed], nextCursor };
}

function own(actor: Actor, taskId: string, project?: string): OwnTask {
  return { taskId, principal: principalOf(actor), project };
}

function principalOf({ caller: { principal } }: Actor): string {
  return `${principal.kind}:${principal.id}`;
}

async function found(id: string, task: Promise<FoundTask | undefined>): Promise<TaskView> {
  const known = await task;
  if (known !== undefined) return wholeTask(known);
  throw new AppError("not_found", "TASK_UNKNOWN", `You have no task ${id.slice(0, 40)}`, {
    hint: "it is there for whoever dispatched it, with the same credential, until it expires",
  });
}

/** As on the project's own paths: what is refused is not the same as what is not there. */
function requireOwnProject(principal: Principal, project: string | undefined): void {
  if (principal.kind !== "token" || project === undefined || project === principal.project) return;
  throw new AppError("denied", "CREDENTIAL_KIND_WRONG", "The token does not belong to this project");
}

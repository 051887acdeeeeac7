import { z } from "zod";
import { TASK_STATES, taskSchema } from "../dispatch-task.ts";
import { defineEndpoint } from "../endpoint.ts";
import { listQuery, noBody, noQuery, pageOf } from "../fields.ts";

const V1 = "/api/v1";
const own = { credential: "any", tokens: "self", status: 200, query: noQuery, body: noBody } as const;
const ofProject = { credential: "any", status: 200, query: noQuery, body: noBody } as const;

const filter = {
  ...listQuery,
  /** The id of a task. */
  cursor: z.string().min(1).max(40).optional(),
  state: z.enum(TASK_STATES).optional(),
};

/** Dispatched calls: whoever asks sees their own, and needs no right to. */
export const tasks = {
  list: defineEndpoint({
    ...own,
    name: "tasks.list",
    method: "GET",
    path: `${V1}/tasks`,
    summary: "List your own dispatched calls, newest first, without results",
    query: z.strictObject({ ...filter, project: z.string().max(63).optional() }),
    reply: pageOf(taskSchema),
  }),
  get: defineEndpoint({
    ...own,
    name: "tasks.get",
    method: "GET",
    path: `${V1}/tasks/:id`,
    summary: "Get a dispatched call of your own, with its result or error",
    reply: taskSchema,
  }),
  cancel: defineEndpoint({
    ...own,
    name: "tasks.cancel",
    method: "POST",
    path: `${V1}/tasks/:id/cancel`,
    summary: "Take a dispatched call back; one that runs is aborted, one that has ended stays as it is",
    reply: taskSchema,
  }),
};

/** The same of one project. */
export const projectTasks = {
  list: defineEndpoint({
    ...ofProject,
    name: "projectTasks.list",
    method: "GET",
    path: `${V1}/projects/:project/tasks`,
    summary: "List your own dispatched calls in a project, newest first, without results",
    query: z.strictObject(filter),
    reply: pageOf(taskSchema),
  }),
  get: defineEndpoint({
    ...ofProject,
    name: "projectTasks.get",
    method: "GET",
    path: `${V1}/projects/:project/tasks/:id`,
    summary: "Get a dispatched call of your own in a project",
    reply: taskSchema,
  }),
  cancel: defineEndpoint({
    ...ofProject,
    name: "projectTasks.cancel",
    method: "POST",
    path: `${V1}/projects/:project/tasks/:id/cancel`,
    summary: "Take a dispatched call in a project back; one that runs is aborted, one that has ended stays as it is",
    reply: taskSchema,
  }),
};

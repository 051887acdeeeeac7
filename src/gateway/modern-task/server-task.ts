import { isJsonObject } from "../../mcp/client/json-object.ts";
import { createLocator, type Span, splice } from "../../mcp/json-span.ts";
import { TASKS_EXTENSION } from "../execute/discover.ts";
import type { ServerHost } from "../server-host.ts";
import { type Keyring, SEALED, seal, unseal } from "../session/seal.ts";

/** A task of a server that knows tasks itself, and for whom the gateway knows it. */
export interface ServerTask {
  readonly principalId: string;
  /** The server's id. */
  readonly server: string;
  /** As the server calls it. */
  readonly taskId: string;
}

/** What tells a sealed id from one of the gateway's own tasks. */
const PREFIX = "mcpctltask1.";
/** A header repeats it. */
const MAX_LENGTH = 4096;

/** Whether a server makes tasks of calls by itself. */
export function knowsTasks({ catalog }: ServerHost): boolean {
  const extensions = catalog.era === "modern" ? catalog.initialized?.capabilities.extensions : undefined;
  return isJsonObject(extensions) && isJsonObject(extensions[TASKS_EXTENSION]);
}

/**
 * The id by which a client knows a server's task: it says where the task is and whose, so that every process of every
 * replica finds it, and it is of no use to others.
 */
export function sealTaskId(keyring: Keyring, task: ServerTask): string {
  return PREFIX + seal(keyring, SEALED.task, JSON.stringify(task));
}

export function isSealedTaskId(id: unknown): id is string {
  return typeof id === "string" && id.startsWith(PREFIX);
}

/** Undefined for one that was changed, or is another principal's or installation's. */
export function openTaskId(keyring: Keyring, id: string, principalId: string): ServerTask | undefined {
  if (id.length > MAX_LENGTH) return undefined;
  const opened = unseal(keyring, SEALED.task, id.slice(PREFIX.length));
  const task = opened === undefined ? undefined : (JSON.parse(opened) as ServerTask);
  return task?.principalId === principalId ? task : undefined;
}

const locateResult = createLocator(["result", "resultType"], ["result", "taskId"]);
const locateParam = createLocator(["taskId"]);

/** An answer whose result is a new task, with the id that `seal` gives it; any other stays as it is, byte for byte. */
export function withSealedId(answer: string, sealId: (taskId: string) => string): string {
  const [type, id] = locateResult(answer).spans;
  if (type === undefined || id === undefined || textAt(answer, type) !== "task") return answer;
  const taskId = textAt(answer, id);
  return typeof taskId === "string" ? splice(answer, id, JSON.stringify(sealId(taskId))) : answer;
}

/** An answer about a task, with the id under which the client knows it. */
export function withKnownId(answer: string, known: string): string {
  const [, id] = locateResult(answer).spans;
  return id === undefined ? answer : splice(answer, id, JSON.stringify(known));
}

/** Params about a task, with the server's own id. */
export function withServerId(paramsText: string | undefined, taskId: string): string | undefined {
  const span = paramsText === undefined ? undefined : locateParam(paramsText).spans[0];
  return paramsText === undefined || span === undefined ? paramsText : splice(paramsText, span, JSON.stringify(taskId));
}

function textAt(text: string, { start, end }: Span): unknown {
  return JSON.parse(text.slice(start, end));
}

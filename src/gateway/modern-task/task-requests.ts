import { toAppError } from "../../core/app-error.ts";
import { parseBody, type RequestEnvelope } from "../../mcp/envelope.ts";
import { errorMessage, INVALID_PARAMS, resultMessage } from "../../mcp/json-rpc.ts";
import type { Answer } from "../answer.ts";
import type { View } from "../catalog/view.ts";
import { modernResult } from "../execute/modern-result.ts";
import { type LinkMessage, type LinkReply, NOT_HELD, type ReplicaLink } from "../link/replica-link.ts";
import { inputResponses } from "../parking/input-required.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { requestText } from "../upstream/hop.ts";
import type { CallTask, TaskDeps } from "./call-task.ts";
import { holderOfTask } from "./live-tasks.ts";
import { detailedTaskText, type LiveWord } from "./task-text.ts";
import { missingTasksCapability, takesTasks } from "./tasks-extension.ts";

export interface TaskRequestDeps {
  readonly tasks: TaskDeps;
  readonly link: ReplicaLink;
}

export interface TaskRequest {
  readonly message: RequestEnvelope;
  readonly principalId: string;
  readonly view: View;
}

/**
 * Answers `tasks/get`, `tasks/update` and `tasks/cancel`: about the principal's own tasks, dispatched ones too, whichever
 * process carries them out. Those of others are not there.
 */
export async function answerTaskRequest(deps: TaskRequestDeps, { message, principalId, view }: TaskRequest): Promise<Answer | Refusal> {
  const { idText, method, params } = message;
  if (!takesTasks(params)) return missingTasksCapability(idText);
  try {
    const known = await lookAt(deps, principalId, params.taskId, message);
    if (known === undefined) return unknownTask(idText);
    const text = method === "tasks/get" ? known.text : "{}";
    return { kind: "answer", body: resultMessage(idText, modernResult(view, text, false)) };
  } catch (thrown) {
    deps.tasks.onFailure(toAppError(thrown));
    return refuse("async_unavailable", "Tasks cannot be looked up now", { "retry-after": "1" });
  }
}

/** What is asked of a task. */
type Asked = Pick<RequestEnvelope, "method" | "paramsText">;

export interface KnownTaskText {
  /** The task in the extension's words. */
  readonly text: string;
  readonly ended: boolean;
}

const MAX_ID = 40;
const LOOK: Asked = { method: "tasks/get", paramsText: undefined };

/** A task of the principal's as it is once what is asked of it was done; undefined where there is none. Throws where tasks cannot be asked for. */
export async function lookAt(deps: TaskRequestDeps, principal: string, id: unknown, asked = LOOK): Promise<KnownTaskText | undefined> {
  const { tasks } = deps.tasks;
  if (tasks === undefined || typeof id !== "string" || id === "" || id.length > MAX_ID) return undefined;
  const own = { taskId: id, principal };
  const found = await tasks.find(own);
  if (found === undefined || found.outcome !== null) return found && { text: detailedTaskText(found), ended: true };
  const live = await askHolder(deps, own, asked);
  if (live !== undefined) return { text: detailedTaskText(found, live), ended: false };
  // It waits for a worker, or a worker carries it out; or it has ended while its process was asked.
  const now = (asked.method === "tasks/cancel" ? await tasks.cancel(own) : await tasks.find(own)) ?? found;
  return { text: detailedTaskText(now), ended: now.outcome !== null };
}

interface Own {
  readonly taskId: string;
  readonly principal: string;
}

/** What the process says that carries it out, having done what is asked; undefined where none does. */
async function askHolder({ tasks, link }: TaskRequestDeps, { taskId, principal }: Own, asked: Asked): Promise<LiveWord | undefined> {
  const live = tasks.live.find(taskId, principal);
  if (live !== undefined) return carryOut(live, asked);
  const holder = holderOfTask(taskId);
  if (holder === undefined || holder === link.self) return undefined;
  const message = requestText("0", asked.method, asked.paramsText);
  const reply = await link.send(holder, { kind: "task", target: taskId, principalId: principal, message });
  return reply?.held === true ? (JSON.parse(reply.answer ?? "{}") as LiveWord) : undefined;
}

/** Does for another process what a client has asked of a task that is carried out here. */
export function answerTaskLinked({ live }: Pick<TaskDeps, "live">, { target, principalId, message }: LinkMessage): LinkReply {
  const task = live.find(target, principalId);
  const request = parseBody(message);
  if (task === undefined || request.kind !== "request") return NOT_HELD;
  return { held: true, answer: JSON.stringify(carryOut(task, request)) };
}

function carryOut(task: CallTask, { method, paramsText }: Asked): LiveWord {
  if (method === "tasks/cancel") task.cancel();
  if (method === "tasks/update") task.answer(inputResponses(paramsText));
  return task.word;
}

/** The same whoever's it is. */
export async function unknownTask(idText: string): Promise<Answer> {
  const message = "Invalid params: there is no such task of yours, or not any more";
  return { kind: "answer", body: errorMessage(idText, { code: INVALID_PARAMS, message }) };
}

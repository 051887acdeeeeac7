import { TASK_PRIORITIES, type TaskPriority } from "../../api/dispatch-task.ts";
import { isNestedDeeper } from "../../core/json-depth.ts";
import { isJsonObject } from "../../mcp/client/json-object.ts";
import { createLocator } from "../../mcp/json-span.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { findLoss } from "./find-loss.ts";

/** What is to be carried out. */
export interface DispatchPayload {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The params as the text in which they came; undefined where there were none. */
  readonly paramsText: string | undefined;
  readonly priority: TaskPriority;
}

/** What a server does or gives once. Lists and what belongs to a session make no sense later. */
const METHODS: readonly string[] = ["tools/call", "prompts/get", "resources/read"];

/** The envelope of a JSON-RPC message may stand there and says nothing. */
const KEYS: readonly string[] = ["method", "params", "priority", "jsonrpc", "id"];

const locate = createLocator(["params"]);

/** Reads the body of a dispatch, `{method, params}`; 400 `invalid_payload` for what cannot be told apart from another by its hash. */
export function parseDispatch(text: string, maxDepth: number): DispatchPayload | Refusal {
  if (isNestedDeeper(text, maxDepth)) return invalid(`the JSON is nested deeper than ${maxDepth} levels`);
  const value = parsed(text);
  if (!isJsonObject(value)) return invalid("it must be a JSON object with method and params");
  const foreign = Object.keys(value).find((key) => !KEYS.includes(key));
  if (foreign !== undefined) return invalid(`there is no key ${JSON.stringify(foreign.slice(0, 60))}; it takes method and params`);
  const { method, params = {}, priority = "normal" } = value;
  if (typeof method !== "string" || !METHODS.includes(method)) return invalid(`method must be one of ${METHODS.join(", ")}`);
  if (!isPriority(priority)) return invalid(`priority must be one of ${TASK_PRIORITIES.join(", ")}`);
  if (!isJsonObject(params)) return invalid("params must be an object");
  const loss = findLoss(text);
  if (loss !== undefined) return invalid(loss);
  const [span] = locate(text).spans;
  return { method, params, priority, paramsText: span === undefined ? undefined : text.slice(span.start, span.end) };
}

function isPriority(value: unknown): value is TaskPriority {
  return TASK_PRIORITIES.some((priority) => priority === value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(why: string): Refusal {
  return refuse("invalid_payload", `The body cannot be dispatched: ${why}`);
}

import { isJsonObject } from "../../mcp/client/json-object.ts";
import { MISSING_CLIENT_CAPABILITY } from "../../mcp/eras/2026-07-28/error-codes.ts";
import { META } from "../../mcp/eras/2026-07-28/meta-keys.ts";
import { errorMessage } from "../../mcp/json-rpc.ts";
import type { Answer } from "../answer.ts";
import { TASKS_EXTENSION } from "../execute/discover.ts";

/** What the extension adds to the methods of the modern era (io.modelcontextprotocol/tasks, 2026-07-28). */
export const TASK_METHODS: ReadonlySet<string> = new Set(["tasks/get", "tasks/update", "tasks/cancel"]);

/** Whether the client of a request says that it takes a task in place of a result. */
export function takesTasks(params: Readonly<Record<string, unknown>>): boolean {
  const meta = isJsonObject(params._meta) ? params._meta : {};
  const capabilities = meta[META.clientCapabilities];
  const extensions = isJsonObject(capabilities) ? capabilities.extensions : undefined;
  return isJsonObject(extensions) && isJsonObject(extensions[TASKS_EXTENSION]);
}

/** For a client that asks about tasks and does not say that it knows them. */
export function missingTasksCapability(idText: string): Answer {
  const data = { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } };
  const message = "Missing required client capability: the tasks extension";
  return { kind: "answer", status: 400, body: errorMessage(idText, { code: MISSING_CLIENT_CAPABILITY, message, data }) };
}

import { randomUUID } from "node:crypto";
import { TASK_PRIORITIES, type TaskPriority } from "../../api/dispatch-task.ts";
import { AppError } from "../../core/app-error.ts";
import { parseServerHandle } from "../../core/server-handle.ts";
import { isJsonObject } from "../../mcp/client/json-object.ts";
import { createLocator } from "../../mcp/json-span.ts";
import { parseTimeout } from "../parse-timeout.ts";
import type { CliDeps } from "../ports.ts";
import { readText } from "../read-text.ts";

/** The flags of `dispatch` as they were typed. */
export interface DispatchFlags {
  readonly params?: string;
  readonly key?: string;
  readonly project?: string;
  readonly priority?: string;
  readonly url?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
  readonly output: string;
}

/** A call as it is to be dispatched. */
export interface DispatchWish {
  /** Of the project or the server, below the gateway's base URL. */
  readonly path: string;
  readonly method: string;
  /** JSON text of an object; undefined where there are none. */
  readonly params: string | undefined;
  readonly key: string;
  /** Nobody gave a key: this one was made now. */
  readonly isKeyNew: boolean;
  readonly priority: TaskPriority | undefined;
  /** How long it is waited for; undefined: as long as it takes. */
  readonly timeoutMs: number | undefined;
}

/** As much as a gateway takes of a body. */
const MAX_PARAMS_BYTES = 1024 * 1024;
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * What is to be dispatched, with a key of its own where none is given. Throws `invalid`, naming the flag: `PARAMS_INVALID`,
 * `KEY_INVALID`, `TIMEOUT_WITHOUT_WAIT`, what reading a file throws.
 */
export async function parseDispatchFlags(
  deps: Pick<CliDeps, "readStdin">,
  server: string,
  method: string,
  flags: DispatchFlags,
): Promise<DispatchWish> {
  const handle = parseServerHandle(server);
  if (flags.project === "") throw new AppError("invalid", "NAME_INVALID", "--project is empty", { hint: "name a project: -p demo" });
  if (flags.timeout !== undefined && flags.wait !== true) {
    throw new AppError("invalid", "TIMEOUT_WITHOUT_WAIT", "--timeout says how long to wait, and nothing is waited for", {
      hint: "add --wait",
    });
  }
  const timeoutMs = flags.timeout === undefined ? undefined : parseTimeout(flags.timeout);
  const key = parseKey(flags.key);
  const priority = TASK_PRIORITIES.find((each) => each === flags.priority);
  const params = await paramsOf(deps, flags.params);
  const path = flags.project === undefined ? `/api/v1/mcp/${handle}` : `/projects/${encodeURIComponent(flags.project)}`;
  return {
    path,
    method,
    params: flags.project === undefined ? params : nameInProject(params, handle),
    key: key ?? `mcpctl-${randomUUID()}`,
    isKeyNew: key === undefined,
    priority,
    timeoutMs,
  };
}

function parseKey(key: string | undefined): string | undefined {
  if (key === undefined || KEY.test(key)) return key;
  throw new AppError("invalid", "KEY_INVALID", "--key is no idempotency key", {
    hint: "it is 1-255 visible ASCII characters without spaces",
  });
}

/** The text stays as it is: numbers that JavaScript would round are the gateway's to judge. */
async function paramsOf(deps: Pick<CliDeps, "readStdin">, given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const isFile = given === "-" || given.startsWith("@");
  const text = isFile ? await readText(deps, given === "-" ? given : given.slice(1), MAX_PARAMS_BYTES) : given;
  if (isJsonObject(jsonOf(text))) return text.trim();
  throw new AppError("invalid", "PARAMS_INVALID", isFile ? `${given} holds no JSON object` : "--params is not a JSON object", {
    hint: `write an object in single quotes, @FILE or - for standard input: --params '{"name":"TOOL","arguments":{}}'`,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const locate = createLocator(["name"]);

/** A project calls a server's tools and prompts `SERVER__NAME`: so they may be given by either name. */
function nameInProject(params: string | undefined, handle: string): string | undefined {
  const [span] = params === undefined ? [] : locate(params).spans;
  if (params === undefined || span === undefined) return params;
  const name: unknown = JSON.parse(params.slice(span.start, span.end));
  if (typeof name !== "string" || name.startsWith(`${handle}__`)) return params;
  return params.slice(0, span.start) + JSON.stringify(`${handle}__${name}`) + params.slice(span.end);
}

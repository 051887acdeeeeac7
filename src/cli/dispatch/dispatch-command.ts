import { type Command, Option } from "commander";
import { type DispatchAnswer, DispatchClient } from "../../api/dispatch-client.ts";
import { TASK_PRIORITIES, type TaskView } from "../../api/dispatch-task.ts";
import { AppError } from "../../core/app-error.ts";
import { addApiCommand, jsonText, outputOption } from "../api-command.ts";
import { errorLines } from "../error-lines.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { type DispatchFlags, type DispatchWish, parseDispatchFlags } from "./dispatch-flags.ts";
import { type DispatchTarget, dispatchTarget } from "./dispatch-target.ts";
import { followTask } from "./follow-task.ts";

const EXAMPLES = [
  `mcpctl dispatch content tools/call --params '{"name":"evo.content.search","arguments":{"limit":1}}'`,
  "mcpctl dispatch content tools/call --params @call.json --key nightly-2026-06-01 --wait --timeout 10m",
  `mcpctl dispatch files resources/read -p demo --params '{"uri":"file:///notes.txt"}' -o json`,
];

const NOTE = `The call is carried out once under its key: typed again with the same --key it is the same task. Where none is given a new one is made
and said. It is called as the token in $MCPCTL_TOKEN, else as who you are logged in as. 'mcpctl get tasks' lists what you dispatched.

Exit codes:
  0  accepted; where it has ended: finished
  1  refused, failed, canceled, isError of a tool, or not waited for to its end
  2  wrong usage`;

/** `dispatch SERVER METHOD`: a call that is carried out once, now or later. */
export function addDispatchCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "dispatch", "have a call carried out once, now or later", EXAMPLES, NOTE)
    .argument("<server>", "handle of the server")
    .argument("<method>", "tools/call, prompts/get or resources/read")
    .option("--params <json>", "params of the method: a JSON object, @FILE, or - for standard input")
    .option("--key <key>", "idempotency key, another one for each call (default: a new one)")
    .option("-p, --project <project>", "at the endpoint of this project, by its rules")
    .addOption(new Option("--priority <priority>", "before or after others that wait").choices([...TASK_PRIORITIES]))
    .option("--wait", "stay until it has ended, and say how far it is")
    .option("--timeout <duration>", "wait no longer than this: seconds, or 500ms, 10s, 1m")
    .option("--url <base>", "base URL of the gateway (default: $MCPLOCAL_URL, else the one that runs on this machine)")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (server: string, method: string, flags: DispatchFlags, self: Command) => {
      const wish = await parseDispatchFlags(deps, server, method, flags);
      const target = dispatchTarget(deps, self, flags.url);
      setExitCode(self, await run({ deps, wish, target, flags }));
    });
}

interface Run {
  readonly deps: CliDeps;
  readonly wish: DispatchWish;
  readonly target: DispatchTarget;
  readonly flags: DispatchFlags;
}

async function run({ deps, wish, target, flags }: Run): Promise<number> {
  const client = new DispatchClient({ url: target.base + wish.path, bearer: target.bearer, fetch: deps.fetch });
  if (wish.isKeyNew) deps.stderr(`key ${wish.key}\n`);
  const interrupted = deps.untilInterrupted();
  const over = wish.timeoutMs === undefined ? undefined : AbortSignal.timeout(wish.timeoutMs);
  const signal = over === undefined ? interrupted : AbortSignal.any([interrupted, over]);
  const answer = await send(client, wish, signal);
  if (answer.reused) deps.stderr(`This key stands for task/${answer.task_id} already; nothing is carried out again\n`);
  if (flags.wait !== true) return showAnswer(deps, answer, target, flags.output === "json");
  const task = await followTask(deps, client, answer.task_id, signal);
  if (task !== undefined) return showTask(deps, task, flags.output === "json");
  const hint = `'${asCaller(target)}mcpctl describe task ${answer.task_id}' shows it, 'mcpctl cancel task ${answer.task_id}' takes it back`;
  if (interrupted.aborted)
    throw new AppError("canceled", "TASK_WAIT_ENDED", `The waiting was ended; task/${answer.task_id} goes on`, { hint });
  throw new AppError("deadline", "TASK_WAIT_OVER", `It has not ended within ${flags.timeout}; task/${answer.task_id} goes on`, { hint });
}

/** Whoever does not know what came of it may ask again: under its key it is the same call. */
async function send(client: DispatchClient, wish: DispatchWish, signal: AbortSignal): Promise<DispatchAnswer> {
  const { method, params, priority, key } = wish;
  try {
    return await client.dispatch({ method, params, priority, idempotencyKey: key }, signal);
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const { code, reason, message, hint } = thrown;
    if (code === "canceled")
      throw new AppError("canceled", "DISPATCH_INTERRUPTED", "Ended before the gateway answered: it may be carried out all the same", {
        cause: thrown,
        hint: `type the same again with --key ${key}: it is not carried out twice`,
      });
    const help = hint ?? hintFor(thrown, key);
    throw new AppError(code, reason, message, { cause: thrown, ...(help === undefined ? {} : { hint: help }) });
  }
}

function hintFor({ code, reason }: AppError, key: string): string | undefined {
  if (code === "conflict") return `the key ${key} has been used for another call: leave --key out, or give another one`;
  if (code === "unavailable") return `nothing is lost: type the same again with --key ${key}`;
  if (code === "unauthenticated") return "log in again with 'mcpctl login', or put another token into $MCPCTL_TOKEN";
  if (reason === "FORBIDDEN") return "it takes what the call itself takes, and a role binding with the action dispatch";
  return undefined;
}

/** A task is there for the one who dispatched it alone. */
function asCaller({ byToken }: DispatchTarget): string {
  return byToken ? "MCPCTL_API_TOKEN=$MCPCTL_TOKEN " : "";
}

function showAnswer(deps: CliDeps, answer: DispatchAnswer, target: DispatchTarget, asJson: boolean): number {
  const { status, task_id, result, error } = answer;
  if (status === "accepted") {
    deps.stdout(asJson ? jsonText(answer) : `task/${task_id} accepted\n`);
    deps.stderr(`'${asCaller(target)}mcpctl describe task ${task_id}' shows it\n`);
    return 0;
  }
  return show(deps, { id: task_id, state: status, result, error, whole: answer }, asJson);
}

function showTask(deps: CliDeps, task: TaskView, asJson: boolean): number {
  const { id, state, result, error } = task;
  return show(deps, { id, state, result, error, whole: task }, asJson);
}

interface Ended extends Pick<TaskView, "id" | "result" | "error"> {
  readonly state: string;
  readonly whole: unknown;
}

function show(deps: CliDeps, { id, state, result, error, whole }: Ended, asJson: boolean): number {
  if (asJson) deps.stdout(jsonText(whole));
  else if (error === undefined) deps.stdout(jsonText(result ?? null));
  if (error !== undefined) {
    if (!asJson) deps.stderr(errorLines(`task/${id} ${state}: ${error.message}`, reasonOf(error.data)));
    return 1;
  }
  return isToolError(result) ? 1 : 0;
}

function reasonOf(data: unknown): string | undefined {
  const reason = typeof data === "object" && data !== null ? (data as { reason?: unknown }).reason : undefined;
  return typeof reason === "string" ? `docs/errors.md says what ${reason} means` : undefined;
}

function isToolError(result: unknown): boolean {
  return typeof result === "object" && result !== null && (result as { isError?: unknown }).isError === true;
}

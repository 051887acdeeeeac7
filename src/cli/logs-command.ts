import type { Command } from "commander";
import { serverLogStream, servers } from "../api/endpoints/resource-endpoints.ts";
import { MAX_TAIL, type ServerLogLine } from "../api/resources/server-log.ts";
import { AppError, toAppError } from "../core/app-error.ts";
import { printable } from "../core/printable.ts";
import { printableJson } from "../core/printable-json.ts";
import { addApiCommand, jsonText, outputOption } from "./api-command.ts";
import { type Connection, withApi } from "./config/connect.ts";
import { type LogTarget, mayBeService, parseLogTarget } from "./fleet/log-target.ts";
import { parseTargets } from "./kinds/resource-ref.ts";
import type { CliDeps } from "./ports.ts";
import { configFlag, withConfigOption } from "./with-config-option.ts";

interface Flags {
  readonly tail: string;
  readonly follow?: boolean;
  readonly output: string;
  readonly node?: string;
}

const EXAMPLES = [
  "mcpctl logs server/files",
  "mcpctl logs server/files --tail 20 -f",
  "mcpctl logs ha/api -f",
  "mcpctl logs server/files -o json | jq -r .items[].text",
];
const NOTE = `Of a server: each line has its time, the number of the process that wrote it (a server that is started again has the next
number), and its text. They are those of the gateway beside mcpd: an enrolled gateway runs processes of its own.
Of a component: what it writes, on whichever node it is. A name alone is a service that is known, else a server.`;

/** `logs server/NAME`: what a server's process says on standard error; `logs SERVICE[/COMPONENT]`: what a component writes. */
export function addLogsCommand(program: Command, deps: CliDeps): void {
  withConfigOption(
    addApiCommand(program, "logs", "show what a component writes, or a server's process says on standard error", EXAMPLES, NOTE),
  )
    .argument("<server>", "server/NAME, SERVICE/COMPONENT, or a name or id")
    .option("--node <name>", "node of a component whose service has no file")
    .option("--tail <lines>", `last lines to show, at most ${MAX_TAIL}`, "100")
    .option("-f, --follow", "go on with lines as they come, until Ctrl-C")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (word: string, flags: Flags, self: Command) => {
      const [tail, json] = [parseTail(flags.tail), flags.output === "json"];
      const target = parseLogTarget(word, flags.node);
      if (target.kind !== "server" && (await showComponent(deps, self, target, flags, tail))) return;
      const request = { id: parseServer(word), tail, json };
      await withApi(deps, self, (connected) => (flags.follow === true ? follow : show)(deps, connected, request));
    });
}

/** Whether it was a component's. One that is only a name may be a server's instead. */
async function showComponent(
  deps: CliDeps,
  self: Command,
  target: Exclude<LogTarget, { kind: "server" }>,
  flags: Flags,
  tail: number,
): Promise<boolean> {
  if (target.kind === "either" && !mayBeService(deps.env, configFlag(self), target.service)) return false;
  const request = { target, node: flags.node, follow: flags.follow === true, tail, json: flags.output === "json" };
  try {
    const [{ withFleet }, { showComponentLogs }] = await Promise.all([
      import("./fleet/with-fleet.ts"),
      import("./fleet/component-logs.ts"),
    ]);
    await withFleet(deps, self, (fleet) => showComponentLogs(deps, fleet, request));
    return true;
  } catch (thrown) {
    if (target.component === undefined && toAppError(thrown).reason === "SERVICE_UNKNOWN") return false;
    throw thrown;
  }
}

interface LogRequest {
  readonly id: string;
  readonly tail: number;
  readonly json: boolean;
}

async function show(deps: CliDeps, { api }: Connection, { id, tail, json }: LogRequest): Promise<void> {
  const log = await api.call(servers.logs, { params: { id }, query: { tail } });
  if (json) return deps.stdout(jsonText(log));
  for (const line of log.items) deps.stdout(lineText(line));
  if (log.dropped > 0 && log.items.length < tail) deps.stderr(`… ${log.dropped} earlier lines are not kept\n`);
}

async function follow(deps: CliDeps, { api }: Connection, { id, tail, json }: LogRequest): Promise<void> {
  const signal = deps.untilInterrupted();
  const options = { params: { id }, query: { tail, follow: "true" }, signal };
  try {
    for await (const line of api.stream(serverLogStream, options)) deps.stdout(json ? `${printableJson(line)}\n` : lineText(line));
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
  if (signal.aborted) return;
  throw new AppError("unavailable", "SERVER_LOG_ENDED", "mcpd has ended the stream", {
    hint: "the server was deleted or switched off, mcpd stopped, or the credential has ended",
  });
}

function lineText({ at, life, text, skipped }: ServerLogLine): string {
  return skipped === undefined ? `${at}  ${life}  ${printable(text)}\n` : `… ${skipped} lines were missed: this reader was too slow\n`;
}

/** Throws `invalid`: `KIND_UNKNOWN`, `NAME_INVALID`, `KIND_WITHOUT_LOG`. */
function parseServer(word: string): string {
  const { kind, refs } = parseTargets(word.includes("/") ? word : `server/${word}`, [], undefined);
  if (kind.plural === "servers") return refs[0]?.name ?? "";
  throw new AppError("invalid", "KIND_WITHOUT_LOG", `A ${kind.singular} has no log`, { hint: "write server/NAME" });
}

function parseTail(text: string): number {
  const lines = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (lines <= MAX_TAIL) return lines;
  throw new AppError("invalid", "TAIL_INVALID", `--tail '${text}' is not a number of lines`, { hint: `write 0 to ${MAX_TAIL}` });
}

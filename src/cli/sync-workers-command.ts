import { type Command, Option } from "commander";
import { AppError } from "../core/app-error.ts";
import { printableJson } from "../core/printable-json.ts";
import { alignTable } from "./align-table.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { McpdDeps } from "./ports.ts";

interface Flags {
  readonly output: "table" | "json";
  readonly switch?: "on" | "off";
  readonly dataDir?: string;
}

/** `emcp:sync-workers`: registers the workers of this version, and says what became of each. Exit 1 where one could not be written. */
export function addSyncWorkersCommand(program: Command, deps: McpdDeps): void {
  program
    .command("emcp:sync-workers")
    .description("register what carries dispatched calls out, and say how it stands")
    .addOption(new Option("--switch <on|off>", "let it take tasks, or none").choices(["on", "off"]))
    .addOption(new Option("-o, --output <format>", "format of the list").choices(["table", "json"]).default("table"))
    .option("--data-dir <folder>", "data folder of the instance (default: your data folder)")
    .action(async (flags: Flags) => syncWorkers(flags, deps));
}

async function syncWorkers(flags: Flags, deps: McpdDeps): Promise<void> {
  const active = flags.switch === undefined ? undefined : flags.switch === "on";
  const workers = await deps.syncWorkers({ dataDir: parsePathFlag("--data-dir", flags.dataDir), active });
  const rows = workers.map(({ name, active: isOn, result, message }) => [name, isOn ? "yes" : "no", result, message ?? "-"]);
  if (flags.output === "json") deps.stdout(`${printableJson(workers, 2)}\n`);
  else deps.stdout(alignTable([["WORKER", "ACTIVE", "RESULT", "MESSAGE"], ...rows]));
  const failed = workers.filter(({ result }) => result === "error").map(({ name }) => name);
  if (failed.length > 0) throw new AppError("unavailable", "WORKER_NOT_SYNCED", `Workers could not be registered: ${failed.join(", ")}`);
}

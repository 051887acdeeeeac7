import { type Command, Option } from "commander";
import { AppError } from "../core/app-error.ts";
import { nearest } from "../core/nearest.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { McpdDeps } from "./ports.ts";
import { renderServerTests } from "./render-server-tests.ts";

interface Flags {
  readonly output: "text" | "json";
  readonly server?: string;
  readonly dataDir?: string;
}

/** `emcp:test`: initialize and tools/list on each enabled server, or on one. Exit 1 where one fails. */
export function addTestServersCommand(program: Command, deps: McpdDeps): void {
  program
    .command("emcp:test")
    .description("test the servers: initialize, then tools/list")
    .option("--server <handle>", "only this server")
    .addOption(new Option("-o, --output <format>", "format of the report").choices(["text", "json"]).default("text"))
    .option("--data-dir <folder>", "data folder of the instance (default: your data folder)")
    .action(async (flags: Flags) => testServers(flags, deps));
}

async function testServers(flags: Flags, deps: McpdDeps): Promise<void> {
  const dataDir = parsePathFlag("--data-dir", flags.dataDir);
  if (flags.server !== undefined) await requireListed(flags.server, dataDir, deps);
  const results = await deps.testServers({ dataDir, server: flags.server });
  deps.stdout(flags.output === "json" ? `${JSON.stringify(results, null, 2)}\n` : renderServerTests(results));
  if (results.length === 0) throw new AppError("precondition", "NO_SERVER_ENABLED", "There is no enabled server to test");
  const failed = results.filter((result) => !result.ok).map((result) => result.handle);
  if (failed.length > 0)
    throw new AppError("unavailable", "SERVER_TEST_FAILED", `${failed.length} of ${results.length} failed: ${failed.join(", ")}`);
}

async function requireListed(server: string, dataDir: string | undefined, deps: McpdDeps): Promise<void> {
  const handles = (await deps.listServers({ dataDir })).map((row) => row.handle);
  if (handles.includes(server)) return;
  const near = nearest(server, handles);
  const others = handles.filter((handle) => !near.includes(handle));
  const hint = handles.length === 0 ? "no server is registered" : `known servers: ${[...near, ...others].join(", ")}`;
  throw new AppError("not_found", "SERVER_UNKNOWN", `There is no server '${server}'`, { hint });
}

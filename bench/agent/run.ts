/** `npm run bench:agent`: measures what an agent adds to a deploy and what watching costs, prints the figures and writes them as JSON. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { toAppError } from "../../src/core/app-error.ts";
import { figureTable } from "../access/figure-table.ts";
import { parseAgentBenchOptions, USAGE } from "./options.ts";
import { type AgentBenchReport, runAgentBench } from "./run-agent-bench.ts";

const ROOT = resolve(import.meta.dir, "../..");
const INTERRUPTED = 130;

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interruption.abort());

/** Budgets decide nothing here: a shared machine is no judge. The exit code says whether it was measured. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const options = parseAgentBenchOptions(args);
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const report = await runAgentBench(options, { root: ROOT, signal: interruption.signal, progress });
  const out = resolve(ROOT, options.out);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${textOf(report)}\nJSON: ${out}\n`);
  return 0;
}

function textOf({ startedAt, tookSeconds, machine, options, figures, notMeasured }: AgentBenchReport): string {
  const quick = options.quick ? " (quick: shows that it works, its figures mean little)" : "";
  const versions = Object.entries(machine.versions).filter(([name]) => ["mcpctl", "revision", "bun", "podman"].includes(name));
  return [
    `Agent bench${quick}, ${startedAt}, took ${tookSeconds.toFixed(0)} s`,
    `${machine.cores} cores (${machine.processor}), load average ${machine.loadAverage.toFixed(2)} at the start`,
    versions.map(([name, version]) => `${name} ${version}`).join(", "),
    "",
    figureTable(figures),
    ...notMeasured.map(({ name, reason }) => `not measured: ${name}: ${reason}`),
  ].join("\n");
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const error = toAppError(thrown);
  const said = error.code === "internal" ? `${error.cause instanceof Error ? error.cause.stack : error.cause}` : error.message;
  if (!interruption.signal.aborted) process.stderr.write(`error: ${said}\n${error.hint === undefined ? "" : `hint: ${error.hint}\n`}`);
  process.exitCode = interruption.signal.aborted ? INTERRUPTED : 1;
}

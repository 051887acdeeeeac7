/** `npm run bench`: measures the gateway beside its peers, prints the report and writes it as JSON. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { toAppError } from "../../src/core/app-error.ts";
import { parseBenchOptions, USAGE } from "./options.ts";
import { textReport } from "./report/text-report.ts";
import { runBench } from "./run-bench.ts";

const ROOT = resolve(import.meta.dir, "../..");
const INTERRUPTED = 130;

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interruption.abort());

/** Goals decide nothing here: the exit code says only whether something was measured. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const options = parseBenchOptions(args);
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const report = await runBench(options, { root: ROOT, signal: interruption.signal, progress });
  const out = resolve(ROOT, options.out);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${textReport(report)}\nJSON: ${out}\n`);
  return report.rows.length === 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const error = toAppError(thrown);
  const said = error.code === "internal" ? `${error.cause instanceof Error ? error.cause.stack : error.cause}` : error.message;
  if (!interruption.signal.aborted) process.stderr.write(`error: ${said}\n${error.hint === undefined ? "" : `hint: ${error.hint}\n`}`);
  process.exitCode = interruption.signal.aborted ? INTERRUPTED : 1;
}

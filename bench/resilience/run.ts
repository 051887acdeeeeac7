/** `sh scripts/bun.sh bench/resilience/run.ts [--quick]`: measures what guarding a call costs, and lists from what is kept. */
import { figureTable } from "../access/figure-table.ts";
import { EFFORT } from "../access/measure.ts";
import { guardFigures } from "./guard.ts";
import { listFigures } from "./lists.ts";

const USAGE = "usage: sh scripts/bun.sh bench/resilience/run.ts [--quick]\n";

/** Budgets decide nothing here: a shared machine is no judge. The exit code says whether it was measured. */
async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--quick" && arg !== "--help");
  if (unknown !== undefined) {
    process.stderr.write(`error: unknown option ${unknown}\n${USAGE}`);
    return 2;
  }
  if (args.includes("--help")) {
    process.stdout.write(USAGE);
    return 0;
  }
  const effort = EFFORT[args.includes("--quick") ? "quick" : "full"];
  const lists = await listFigures(effort);
  process.stdout.write(figureTable([...(await guardFigures(effort)), ...lists]));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));

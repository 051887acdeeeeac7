/** `sh scripts/bun.sh bench/access/run.ts [--quick]`: measures the access decision and cached introspection. */
import { decisionFigures } from "./decisions.ts";
import { figureTable } from "./figure-table.ts";
import { introspectionFigures } from "./introspection.ts";
import { EFFORT } from "./measure.ts";

const USAGE = "usage: sh scripts/bun.sh bench/access/run.ts [--quick]\n";

/** Budgets decide nothing here: a shared machine is no judge. The exit code says whether it was measured. */
async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--quick" && arg !== "--help");
  if (unknown !== undefined || args.includes("--help")) {
    (unknown === undefined ? process.stdout : process.stderr).write(
      unknown === undefined ? USAGE : `error: unknown option ${unknown}\n${USAGE}`,
    );
    return unknown === undefined ? 0 : 2;
  }
  const effort = EFFORT[args.includes("--quick") ? "quick" : "full"];
  const figures = [...decisionFigures(effort), ...(await introspectionFigures(effort))];
  process.stdout.write(figureTable(figures));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));

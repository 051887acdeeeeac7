/** `sh scripts/bun.sh bench/access/run.ts [--quick]`: measures the access decision and cached introspection. */
import { median } from "../gateway/report/statistics.ts";
import { textTable } from "../gateway/report/text-table.ts";
import { decisionFigures } from "./decisions.ts";
import { introspectionFigures } from "./introspection.ts";
import { EFFORT, type Figure } from "./measure.ts";

const USAGE = "usage: sh scripts/bun.sh bench/access/run.ts [--quick]\n";

function rowOf({ what, rounds, unit, budget }: Figure): readonly string[] {
  const middle = median(rounds);
  const range = `${readable(Math.min(...rounds))} … ${readable(Math.max(...rounds))}`;
  if (budget === undefined) return [what, readable(middle), range, unit, "none", ""];
  const met = budget.is === "at most" ? middle <= budget.limit : middle >= budget.limit;
  return [what, readable(middle), range, unit, `${budget.is} ${budget.limit.toLocaleString("en")}`, met ? "met" : "missed"];
}

function readable(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2);
}

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
  const table = textTable(["what", "median", "rounds", "unit", "budget", ""], figures.map(rowOf));
  process.stdout.write(`${table.join("\n")}\n`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));

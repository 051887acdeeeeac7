/**
 * `npm run bench:picture`: draws docs/bench.svg from the figures in docs/bench.json. With `-- REPORT.json` (what
 * `npm run bench` has written) these become the figures first.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { BenchReport } from "../gateway/report/bench-report.ts";
import { type BenchFigures, figuresOf } from "./bench-figures.ts";
import { drawFigures } from "./draw-figures.ts";

const DOCS = resolve(import.meta.dir, "../../docs");
const FIGURES = `${DOCS}/bench.json`;

const [report] = process.argv.slice(2);
if (report !== undefined) {
  const figures = figuresOf(JSON.parse(readFileSync(report, "utf8")) as BenchReport);
  writeFileSync(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
}
writeFileSync(`${DOCS}/bench.svg`, drawFigures(JSON.parse(readFileSync(FIGURES, "utf8")) as BenchFigures));
process.stdout.write(`${DOCS}/bench.svg\n`);

/** The exotic answers on standard streams, in the era that its argument names. */
import { createInterface } from "node:readline";
import { answersTo } from "./exotic-answers.ts";

const era = process.argv[2] === "modern" ? "modern" : "legacy";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  for (const answer of line === "" ? [] : answersTo(line, era)) process.stdout.write(`${answer}\n`);
}

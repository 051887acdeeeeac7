/** The exotic answers on standard streams. */
import { createInterface } from "node:readline";
import { answersTo } from "./exotic-answers.ts";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  for (const answer of line === "" ? [] : answersTo(line)) process.stdout.write(`${answer}\n`);
}

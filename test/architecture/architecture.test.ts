import { expect, test } from "bun:test";
import { readSourceFiles } from "./read-source-files.ts";
import { areasApart } from "./rules/areas-apart.ts";
import { arrows } from "./rules/arrows.ts";
import { coreImportsNothing } from "./rules/core-imports-nothing.ts";
import { defaultExports } from "./rules/default-exports.ts";
import { importCycles } from "./rules/import-cycles.ts";
import { libraryHomes } from "./rules/library-homes.ts";
import { processOnlyInMain } from "./rules/process-only-in-main.ts";
import { technologyFolders } from "./rules/technology-folders.ts";
import { testsAndBenchApart } from "./rules/tests-and-bench-apart.ts";
import { describeViolation, type Rule } from "./source-file.ts";

/** The promise each rule makes about the whole repository; its own test proves that it bites. */
const PROMISES: readonly (readonly [string, Rule])[] = [
  ["imports follow the arrows", arrows],
  ["no area imports another area", areasApart],
  ["core imports nothing", coreImportsNothing],
  ["only main sees the process", processOnlyInMain],
  ["no files import each other in a circle", importCycles],
  ["nothing is exported by default", defaultExports],
  ["each library stays in its home", libraryHomes],
  ["only main imports adapters", technologyFolders],
  ["the product knows no tests and tests no benchmarks", testsAndBenchApart],
];

const files = await readSourceFiles();

test.each(PROMISES)("%s", (_, rule) => {
  expect(rule(files).map(describeViolation)).toEqual([]);
});

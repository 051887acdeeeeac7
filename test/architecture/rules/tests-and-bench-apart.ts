import { edgesOf } from "../layers.ts";
import { isTestFile, type Rule } from "../source-file.ts";

/** The product imports no tests, benchmarks or scripts; tests import no benchmarks, but for the benchmarks' own. */
export const testsAndBenchApart: Rule = (files) =>
  files.flatMap(edgesOf).flatMap(({ from, to, line }) => {
    const message = mistake(from, to);
    return message === undefined ? [] : [{ path: from, line, rule: "tests-and-bench-apart", message }];
  });

function mistake(from: string, to: string): string | undefined {
  if (from.startsWith("bench/")) return undefined;
  if (isTestFile(from))
    return to.startsWith("bench/") ? "a test may not import from bench; move what both need to test/support" : undefined;
  if (!from.startsWith("src/")) return undefined;
  const outside = isTestFile(to) || /^(bench|scripts)\//.test(to);
  return outside ? `the product may not import ${to}; move what it needs into src` : undefined;
}

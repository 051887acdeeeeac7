import { expect, test } from "bun:test";
import { testsAndBenchApart } from "./tests-and-bench-apart.ts";

const check = (path: string, text: string) => testsAndBenchApart([{ path, text }]);

test("product code that imports a test, a benchmark or a script is caught", () => {
  const text = '\nimport { a } from "./a.test.ts";';
  expect(check("src/mcp/b.ts", text)).toMatchObject([{ path: "src/mcp/b.ts", line: 2, rule: "tests-and-bench-apart" }]);
  expect(check("src/mcp/b.ts", 'import { a } from "../../test/support/a.ts";')).toHaveLength(1);
  expect(check("src/mcp/b.ts", 'import { a } from "../../bench/gateway/a.ts";')).toHaveLength(1);
  expect(check("src/mcp/b.ts", 'import { a } from "../../scripts/build.ts";')).toHaveLength(1);
});

test("a test that imports a benchmark is caught", () => {
  expect(check("test/e2e/b.test.ts", 'import { a } from "../../bench/gateway/a.ts";')).toHaveLength(1);
  expect(check("src/mcp/b.test.ts", 'import { a } from "../../bench/gateway/a.ts";')).toHaveLength(1);
});

test("a test may import the product, its support and a contract suite, and a benchmark itself", () => {
  expect(
    check(
      "src/mcp/b.test.ts",
      'import { b } from "./b.ts"; import { a } from "./b.contract.ts"; import { c } from "../../test/support/c.ts";',
    ),
  ).toEqual([]);
  expect(check("bench/gateway/a.test.ts", 'import { a } from "./a.ts";')).toEqual([]);
  expect(check("bench/gateway/run.ts", 'import { a } from "../../src/mcp/a.ts";')).toEqual([]);
});

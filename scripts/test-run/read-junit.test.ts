import { expect, test } from "bun:test";
import { readJunit } from "./read-junit.ts";

const report = (...cases: readonly string[]) => `<testsuites><testsuite file="a.test.ts">${cases.join("")}</testsuite></testsuites>`;
const one = (name: string, body = "") => `<testcase name="${name}" classname="d" time="0" file="a.test.ts">${body}</testcase>`;
const pass = '<testcase name="fine" classname="" time="0" file="a.test.ts" line="1" assertions="1" />';
const failure = '<failure type="AssertionError" message="x">a &lt;testcase&gt; in the text</failure>';

test("passes, failures and skips are told apart, with the reasons of the skips", () => {
  const xml = report(pass, one("broken", failure), one("far [skipped: no &quot;nginx&quot;]", "<skipped />"), pass);
  expect(readJunit({ xml, exitCode: 1, files: ["a.test.ts"] })).toEqual({
    passed: 2,
    failures: ["a.test.ts > broken"],
    skips: ['a.test.ts > far [skipped: no "nginx"]'],
  });
});

test("a skip without a reason says so", () => {
  const run = { xml: report(one("later", '<skipped message="TODO" />')), exitCode: 0, files: [] };
  expect(readJunit(run).skips).toEqual(["a.test.ts > later [skipped: no reason given]"]);
});

test("a run that died before its report counts as failed and says so", () => {
  expect(readJunit({ xml: undefined, exitCode: 139, files: ["a.test.ts"] }).failures).toEqual([
    "the test run died with exit code 139 before it wrote a report",
  ]);
});

test("a file that could not be loaded counts as failed", () => {
  expect(readJunit({ xml: report(pass), exitCode: 1, files: ["a.test.ts", "b.test.ts"] }).failures).toEqual(["b.test.ts ran no test"]);
});

test("a bad exit code without a named failure counts as failed", () => {
  expect(readJunit({ xml: report(pass), exitCode: 7, files: ["a.test.ts"] }).failures).toHaveLength(1);
});

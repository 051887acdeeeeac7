import { expect, test } from "bun:test";
import { runChecks } from "../checks/all-checks.ts";
import { GOOD } from "../observations.fixture.ts";
import type { Observations } from "../observations.ts";
import { bannerOf, renderVerifyJson, renderVerifyJunit, renderVerifyMarkdown, renderVerifyText } from "./render-verify.ts";
import { countsOf, type VerifyReport } from "./verify-report.ts";

function reportOf(seen: Observations): VerifyReport {
  const checks = runChecks(seen);
  return {
    subject: { kind: "image", name: "localhost/<server>:1", imageId: "0" },
    engine: { name: "podman", version: "4.3.1" },
    startedAt: "2026-06-01T12:00:00.000Z",
    ...countsOf(checks),
    checks,
    metrics: {
      startupMs: 512.3,
      tools: [{ tool: "echo", calls: 5, meanMs: 1.2, maxMs: 3.4 }],
      memory: { peakBytes: 64 << 20, meanBytes: 32 << 20, samples: 9 },
      writes: { outside: [], inTmpfs: ["/tmp/a"] },
      durationMs: 9_670,
    },
    kept: [],
  };
}

const bad = reportOf({ ...GOOD, foreignSession: { status: 200 }, left: {} });

test("the banner counts what passed and says how long it took", () => {
  const good = reportOf(GOOD);
  expect(bannerOf(good)).toBe(`Stateless deployment tests completed\n${good.passed} passed in 9.67s`);
  expect(bannerOf(bad)).toBe(`Stateless deployment tests FAILED\n1 failed, ${good.passed - 1} passed in 9.67s`);
});

test("the text has each check, each violation, the measurements and the banner at its end", () => {
  const text = renderVerifyText(bad);
  expect(text).toContain("  FAIL  a session is of no use to another principal");
  expect(text).toContain("\nFAIL: Server let one principal use another's session\n");
  expect(text).toContain("start-up: 512 ms to the first answer");
  expect(text).toContain("tool echo: 1.2 ms mean, 3.4 ms at most, 5 calls");
  expect(text).toContain("memory: 64.0 MiB at its peak, 32.0 MiB on average (9 samples)");
  expect(text).toContain("writes: 0 outside tmpfs, 1 files in tmpfs (/tmp/a)");
  expect(text.trimEnd()).toEndWith(bannerOf(bad));
});

test("JUnit has a case for each check and is well formed where names are not", () => {
  const xml = renderVerifyJunit(bad);
  expect(xml.match(/<testcase /g)).toHaveLength(bad.checks.length);
  expect(xml).toContain(`failures="1"`);
  expect(xml).toContain('name="localhost/&lt;server&gt;:1"');
  expect(xml).toContain("<failure message=");
});

test("JSON is the report, and Markdown has a row for each check", () => {
  expect(JSON.parse(renderVerifyJson(bad))).toEqual(JSON.parse(JSON.stringify(bad)));
  expect(renderVerifyMarkdown(bad).match(/ \| (PASS|FAIL|SKIP) \|/g)).toHaveLength(bad.checks.length);
});

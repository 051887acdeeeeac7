import { expect, test } from "bun:test";
import { parseAgentBenchOptions } from "./options.ts";

test("a whole run has sixty containers and watches for a minute, a quick one a few for a second", () => {
  expect(parseAgentBenchOptions([])).toMatchObject({ quick: false, containers: 120, quietMs: 60_000, out: "build/bench/agent.json" });
  expect(parseAgentBenchOptions(["--quick"])).toMatchObject({ quick: true, containers: 4, quietMs: 1000 });
});

test("what is asked for wins over quick's own", () => {
  const args = ["--quick", "--containers", "9", "--seconds", "3", "--out", "x.json"];
  expect(parseAgentBenchOptions(args)).toMatchObject({ containers: 9, quietMs: 3000, out: "x.json" });
});

test("a bad value and an unknown flag are refused with the usage", () => {
  const refused = expect.objectContaining({ reason: "BENCH_OPTION_INVALID", hint: expect.stringContaining("--containers") });
  for (const args of [["--containers", "0"], ["--seconds", "1.5"], ["--loud"], ["more"]])
    expect(() => parseAgentBenchOptions(args)).toThrow(refused);
});

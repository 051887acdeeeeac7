import { expect, test } from "bun:test";
import { parseBenchOptions } from "./options.ts";

test("a quick run is one round of one second", () => {
  expect(parseBenchOptions(["--quick"])).toMatchObject({ quick: true, rounds: 1, seconds: 1 });
});

test("what is asked for wins over quick's own", () => {
  expect(parseBenchOptions(["--quick", "--rounds", "3", "--out", "x.json"])).toMatchObject({ rounds: 3, seconds: 1, out: "x.json" });
});

test("pinning can be switched both ways", () => {
  expect(parseBenchOptions(["--pin"]).pin).toBe(true);
  expect(parseBenchOptions(["--no-pin"]).pin).toBe(false);
});

test("parts can be chosen, and a quick run leaves out those that take long", () => {
  expect(parseBenchOptions(["--only", "sessions, http"]).only).toEqual(["sessions", "http"]);
  expect(parseBenchOptions(["--quick"]).only).toEqual(["http", "stdio"]);
  expect(parseBenchOptions([]).only).toEqual(["http", "stdio", "many", "isolation", "workers", "sessions"]);
});

test("a bad value and an unknown flag are refused with the usage", () => {
  const refused = expect.objectContaining({ reason: "BENCH_OPTION_INVALID", hint: expect.stringContaining("--rounds") });
  const bad = [["--rounds", "0"], ["--seconds", "1.5"], ["--seconds", "soon"], ["--loud"], ["more"], ["--only", "http,all"]];
  for (const args of bad) expect(() => parseBenchOptions(args)).toThrow(refused);
});

import { expect, test } from "bun:test";
import { faultsOf, isVersionBefore } from "./podman-faults.ts";

test("a version has the faults of its time", () => {
  const faults = [
    { from: "", until: "4.4.0", level: "warn", what: "old" },
    { from: "5.4.0", until: "5.4.2", level: "warn", what: "new" },
  ] as const;
  const of = (version: string) => faultsOf(version, faults).map(({ what }) => what);
  expect(["4.3.1", "4.3.1+ds1", "v4.3"].map(of)).toEqual([["old"], ["old"], ["old"]]);
  expect(["4.4.0", "5.3.9", "5.4.2", "10.0.0", "unknown"].flatMap(of)).toEqual([]);
  expect(["5.4.0", "5.4.1-rc1"].map(of)).toEqual([["new"], ["new"]]);
});

test("each fault is of a version that there is or was", () => {
  expect(faultsOf("4.3.1").length).toBeGreaterThan(4);
  expect(faultsOf("4.2.0").some(({ level }) => level === "bad")).toBe(true);
  expect(faultsOf("6.0.0")).toEqual([]);
  expect(faultsOf("5.4.1").map(({ what }) => what)).toContainEqual(expect.stringContaining("podman#25473"));
});

test("versions are compared by their numbers and not by their letters", () => {
  expect(isVersionBefore("4.10.0", "4.9.9")).toBe(false);
  expect(isVersionBefore("4.9.9", "4.10.0")).toBe(true);
  expect(isVersionBefore("5.0", "5.0.0")).toBe(false);
  expect(isVersionBefore("weird", "5.0.0")).toBe(false);
});

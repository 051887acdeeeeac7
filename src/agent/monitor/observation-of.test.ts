import { expect, test } from "bun:test";
import { containerInfo } from "../probe/container-info.fixture.ts";
import { observationOf } from "./observation-of.ts";

const ALL_ALIVE = () => true;

test.each([
  ["running", "running", "running"],
  ["paused", "running", "running"],
  ["starting", "running", "running"],
  ["stopping", "running", "running"],
  ["exited", "running", "exited"],
  ["exited", "stopped", "stopped"],
  ["exited", "ignore", "exited"],
  ["removing", "running", "exited"],
  ["created", "running", "stopped"],
  ["unknown", "running", "unknown"],
] as const)("a container that is %s where %s is wanted counts as %s", (state, desired, observed) => {
  const info = containerInfo({ state, exitCode: state === "exited" ? 0 : undefined });
  expect(observationOf({ kind: "found", info }, desired, ALL_ALIVE).observed).toBe(observed);
});

test("what the engine has no more was removed, and what it could not tell is unknown", () => {
  expect(observationOf({ kind: "absent" }, "running", ALL_ALIVE)).toMatchObject({ observed: "removed", containerId: undefined });
  const look = { kind: "unknown", whose: "engine", reason: "nobody listens" } as const;
  expect(observationOf(look, "running", ALL_ALIVE)).toMatchObject({ observed: "unknown", reason: "nobody listens" });
});

test("a running container has no exit code of its last life", () => {
  const info = containerInfo({ exitCode: 137, oomKilled: true });
  expect(observationOf({ kind: "found", info }, "running", ALL_ALIVE)).toMatchObject({ exitCode: undefined, oomKilled: false, reason: "" });
});

test("a running container whose monitor is gone is degraded, and one whose process is gone has exited", () => {
  const info = containerInfo({ pid: 10, monitorPid: 11 });
  const without = (gone: number) => observationOf({ kind: "found", info }, "running", (pid) => pid !== gone);
  expect(without(11)).toMatchObject({ observed: "running", degraded: expect.stringContaining("conmon") });
  expect(without(10)).toMatchObject({ observed: "exited", degraded: "" });
  expect(observationOf({ kind: "found", info }, "running", undefined)).toMatchObject({ observed: "running", degraded: "" });
});

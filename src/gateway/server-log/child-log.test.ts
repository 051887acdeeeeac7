import { expect, test } from "bun:test";
import { REDACTED } from "../../core/redact.ts";
import type { ServerToRun } from "../serving/server-to-run.ts";
import { childLog } from "./child-log.ts";
import { ServerLogs } from "./server-logs.ts";

const SERVER: ServerToRun = {
  id: "srv_1",
  handle: "one",
  backing: {
    kind: "stdio",
    command: "node",
    args: [],
    env: { API_KEY: "plain-but-telling", MODE: "production" },
    secretEnv: { PGPASSWORD: "database" },
  },
  enabled: true,
  rateLimit: null,
  writeTools: false,
  policy: {},
  secrets: { database: "swordfish-2000" },
};

test("values of secrets and of variables that say they are one are in no line that is kept or told", () => {
  const logs = new ServerLogs({ now: () => new Date(0) });
  const log = childLog(logs, SERVER);
  const told = log.begin()("connecting as swordfish-2000 with plain-but-telling in production");
  expect(told).toBe(`connecting as ${REDACTED} with ${REDACTED} in production`);
  expect(logs.of("one")?.read(10).lines).toEqual([{ at: new Date(0), life: 1, text: told }]);
});

test("a value that changed is hidden in what comes after, and the log ends with the upstream", () => {
  const logs = new ServerLogs({ now: () => new Date(0) });
  const before = childLog(logs, SERVER);
  const after = childLog(logs, { ...SERVER, secrets: { database: "another-one" } });
  before.end();
  expect(after.begin()("another-one")).toBe(REDACTED);
  after.end();
  expect(logs.of("one")).toBeUndefined();
});

test("a long line is cut where people still read it", () => {
  const log = childLog(new ServerLogs({ now: () => new Date(0) }), SERVER);
  expect(log.begin()("x".repeat(20_000))).toHaveLength(8192);
});

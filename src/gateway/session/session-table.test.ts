import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { CallSignal } from "../../core/cancel-signal.ts";
import { SharedRoom } from "../stream/shared-room.ts";
import { STREAM_LIMITS, streamSettings } from "../stream/stream-settings.ts";
import { SessionTable, type SessionTableOptions } from "./session-table.ts";

const keyring = { current: { number: 1, key: randomBytes(32) }, previous: [] };
const claims = { principalId: "tok_1", project: "demo", server: undefined, revision: "2025-06-18" } as const;

const SINK = { send: () => {}, close: () => {} };

function setup(overrides: Partial<SessionTableOptions> = {}) {
  const time = { ms: Date.parse("2026-01-01T00:00:00Z") };
  const hashes = new Set<string>();
  const ended = { add: async (hash: string) => void hashes.add(hash), has: (hash: string) => hashes.has(hash) };
  const options: SessionTableOptions = {
    keyring,
    clock: { now: () => new Date(time.ms) },
    ended,
    absoluteLimitMs: 10_000,
    holdMs: 1000,
    maxHeld: 20,
    streams: {
      self: "process1",
      settings: streamSettings(STREAM_LIMITS, { heartbeatSeconds: 15, maxSeconds: 3600, abortOnDisconnect: true }),
      room: new SharedRoom(1000),
    },
    ...overrides,
  };
  return { table: new SessionTable(options), time, options };
}

test("an opened session holds nothing until it is used and then is the same one", () => {
  const { table } = setup();
  const id = table.open(claims);
  expect([...table.held()]).toEqual([]);
  expect(table.find(id)).toBe(table.find(id));
  expect(table.find(id)?.claims).toMatchObject({ principalId: "tok_1", project: "demo", revision: "2025-06-18" });
});

test("another process with the key serves the session, one without it does not", () => {
  const id = setup().table.open(claims);
  expect(setup().table.find(id)?.claims.principalId).toBe("tok_1");
  const other = { current: { number: 1, key: randomBytes(32) }, previous: [] };
  expect(setup({ keyring: other }).table.find(id)).toBeUndefined();
});

test("an ended session is unknown, also to a process that starts later", async () => {
  const { table, options } = setup();
  const id = table.open(claims);
  const session = table.find(id);
  if (session === undefined) throw new Error("the session must be found");
  await table.end(id, session);
  expect(table.find(id)).toBeUndefined();
  expect(new SessionTable(options).find(id)).toBeUndefined();
});

test("a session is unknown past its absolute limit, however often it is used", () => {
  const { table, time } = setup();
  const id = table.open(claims);
  time.ms += 9999;
  expect(table.find(id)).toBeDefined();
  time.ms += 1;
  expect(table.find(id)).toBeUndefined();
});

test("what is held for an idle session is let go, and the session lives on", () => {
  const { table, time } = setup();
  const id = table.open(claims);
  let released = 0;
  table.find(id)?.onClose(() => {
    released += 1;
  });
  time.ms += 1000;
  table.sweep();
  expect(released).toBe(1);
  expect([...table.held()]).toEqual([]);
  expect(table.find(id)).toBeDefined();
});

test("a session with an open stream or a call in flight is not swept", () => {
  const { table, time } = setup();
  const [a, b] = [table.open(claims), table.open(claims)];
  const reading = table.find(a)?.streams.openGeneral(SINK);
  table.find(b)?.enter("1", new CallSignal());
  time.ms += 5000;
  table.sweep();
  expect([...table.held()]).toHaveLength(2);
  reading?.onGone();
  table.sweep();
  expect([...table.held()]).toHaveLength(1);
});

test("no number of sessions makes it hold more than its bound", () => {
  const { table } = setup();
  for (let i = 0; i < 500; i += 1) table.find(table.open(claims))?.streams.openGeneral(SINK);
  expect([...table.held()].length).toBeLessThanOrEqual(20);
});

test("whoever opens sessions without end pushes out their own, in use or not, and nobody else's", () => {
  const { table } = setup();
  const theirs = ["tok_2", "tok_3"].map((principalId) => table.find(table.open({ ...claims, principalId })));
  const signals = theirs.map((session) => {
    const signal = new CallSignal();
    session?.enter("1", signal);
    return signal;
  });
  for (let i = 0; i < 500; i += 1) table.find(table.open(claims))?.streams.openGeneral(SINK);
  for (let i = 0; i < 500; i += 1) table.find(table.open(claims));
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  expect([...table.held()].filter((session) => theirs.includes(session))).toHaveLength(2);
});

test("calls in flight hear that the gateway is stopping", () => {
  const { table } = setup();
  const signal = new CallSignal();
  table.find(table.open(claims))?.enter("1", signal);
  table.closeAll();
  expect(signal).toMatchObject({ aborted: true, reason: { reason: "CALL_CANCELED", message: expect.stringContaining("stopping") } });
});

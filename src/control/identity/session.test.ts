import { expect, test } from "bun:test";
import { isLive, planEnd, SESSION_LIMITS, type Session } from "./session.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const [HOUR, DAY] = [3_600_000, 86_400_000];
const at = (ms: number) => new Date(START + ms);

function session(id: string, fields: Partial<Session> = {}): Session {
  const times = { createdAt: at(0), lastUsedAt: at(0), expiresAt: at(30 * DAY) };
  return { id, userId: "usr_1", sha256: id, client: "cli", ...times, address: undefined, userAgent: undefined, ...fields };
}

test("a session of the command line ends 30 days after the log-in, or after 7 without use", () => {
  expect(isLive(session("a"), SESSION_LIMITS, at(7 * DAY - 1))).toBe(true);
  expect(isLive(session("a"), SESSION_LIMITS, at(7 * DAY))).toBe(false);
  const used = session("a", { lastUsedAt: at(29 * DAY) });
  expect(isLive(used, SESSION_LIMITS, at(30 * DAY - 1))).toBe(true);
  expect(isLive(used, SESSION_LIMITS, at(30 * DAY))).toBe(false);
});

test("a session of a browser ends 12 hours after the log-in, or after one without use", () => {
  const browser = session("a", { client: "browser", expiresAt: at(12 * HOUR) });
  expect(isLive(browser, SESSION_LIMITS, at(HOUR - 1))).toBe(true);
  expect(isLive(browser, SESSION_LIMITS, at(HOUR))).toBe(false);
  const used = { ...browser, lastUsedAt: at(11.5 * HOUR) };
  expect(isLive(used, SESSION_LIMITS, at(12 * HOUR - 1))).toBe(true);
  expect(isLive(used, SESSION_LIMITS, at(12 * HOUR))).toBe(false);
});

test("one more than fifty ends the oldest, and those past their limits end without being counted", () => {
  const fifty = Array.from({ length: 50 }, (_, number) => session(`s${number}`, { createdAt: at(number), lastUsedAt: at(number) }));
  const ids = (sessions: readonly Session[]) => planEnd(sessions, SESSION_LIMITS, at(1000)).map(({ id }) => id);
  expect(ids(fifty.slice(1))).toEqual([]);
  expect(ids(fifty.toReversed())).toEqual(["s0"]);
  const expired = session("old", { createdAt: at(-DAY), expiresAt: at(0) });
  expect(ids([...fifty.slice(1), expired])).toEqual(["old"]);
});

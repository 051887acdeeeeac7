import { expect, test } from "bun:test";
import { type AlarmDays, decideExpiryAlarm, expirySentence } from "./expiry-alarm.ts";

const END = new Date("2026-06-30T00:00:00Z");
const before = (days: number) => new Date(END.getTime() - days * 86_400_000);

test("a certificate's end is said 30, 7 and 1 days before, once each, and when it has come", () => {
  const said: [number, AlarmDays][] = [];
  let last: AlarmDays | undefined;
  for (let hours = 40 * 24; hours >= -48; hours--) {
    const alarm = decideExpiryAlarm(END, before(hours / 24), last);
    if (alarm === undefined) continue;
    said.push([hours / 24, alarm]);
    last = alarm;
  }
  expect(said).toEqual([
    [30, 30],
    [7, 7],
    [1, 1],
    [0, 0],
  ]);
});

test("an agent that starts late says what holds then, and nothing of one that is good for long", () => {
  expect([31, 20, 3, 0.5, -5].map((days) => decideExpiryAlarm(END, before(days), undefined))).toEqual([undefined, 30, 7, 1, 0]);
});

test("a clock that is set back says nothing twice", () => {
  expect(decideExpiryAlarm(END, before(20), 7)).toBeUndefined();
  expect(expirySentence(END, 7)).toBe("The certificate of this agent ends in 7 days or less, at 2026-06-30T00:00:00.000Z");
  expect(expirySentence(END, 0)).toContain("has ended");
});

import { afterEach, expect, test } from "bun:test";
import pino from "pino";
import type { RateVerdict } from "../gateway/rate/call-limiter.ts";
import { parseConfig } from "./config-file.ts";
import { openCallLimiter } from "./open-call-limiter.ts";
import { Releases } from "./releases.ts";

const releases = new Releases();
afterEach(() => releases.run());

/** A limiter over the store that this configuration names, with what was counted and logged of its failures. */
async function open(rateLimit: string) {
  const failed: string[] = [];
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line) => void lines.push(line) });
  const config = parseConfig(`[rate_limit]\n${rateLimit}\n`, "test.toml").rate_limit;
  const limiter = await openCallLimiter(config, { metrics: { limiterFailed: (which) => void failed.push(which) }, log, releases });
  return { limiter, failed, lines };
}

// Nothing listens there.
const AWAY = 'store = "redis://127.0.0.1:1"';

test.each<[string, RateVerdict]>([
  ["open", { allowed: true }],
  ["closed", { allowed: false, retryAfterS: 1, undecided: true }],
])("while its store is away each call that cannot be counted is, and logged once a minute: %s", async (choice, verdict) => {
  const { limiter, failed, lines } = await open(`${AWAY}\non_store_failure = "${choice}"`);
  for (let call = 0; call < 3; call += 1) expect(await limiter?.take("a", 1)).toEqual(verdict);
  expect(failed).toEqual(["calls", "calls", "calls"]);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    onStoreFailure: choice,
    err: { message: expect.stringContaining("cannot be reached") },
  });
});

test("where calls are counted in this process there is no store that could be away", async () => {
  expect((await open("")).limiter).toBeUndefined();
});

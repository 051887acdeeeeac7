/** The client suite, with the gateway as the client: what it sends to servers, whoever calls it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLIENT_RUNS } from "./client-runs.ts";
import { shortfalls } from "./suite/differences.ts";
import { readExpected, unexplained, withoutReasons } from "./suite/expected-differences.ts";
import { checksThatAre } from "./suite/verdicts.ts";
import { ClientRig } from "./support/client-rig.ts";

const LIMIT_MS = 120_000;
let folder = "";
let rig: ClientRig;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-conformance-"));
  rig = await ClientRig.start(folder);
}, LIMIT_MS);
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test.each(CLIENT_RUNS)(
  "$name: the gateway does all that is required of a client, but for what is listed, and that is as listed",
  async ({ name, revision, spoken }) => {
    const verdicts = await rig.judge(revision, spoken);
    const expected = await readExpected(name);
    expect(shortfalls(verdicts)).toEqual(withoutReasons(expected));
    expect(unexplained(expected)).toEqual([]);
    expect(checksThatAre(verdicts, ["SUCCESS"])).not.toEqual([]);
  },
  LIMIT_MS,
);

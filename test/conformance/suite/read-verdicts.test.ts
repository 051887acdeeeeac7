import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readVerdicts } from "./read-verdicts.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-verdicts-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("scenarios are named without leg and time, also where the name has a slash or numbers; one without results has failed", async () => {
  const time = "2026-11-28T22-41-00-651Z";
  const checks = JSON.stringify([{ id: "a", name: "A", status: "SUCCESS", details: {} }]);
  await Bun.write(join(folder, `server-json-schema-2020-12-${time}/checks.json`), checks);
  await Bun.write(join(folder, `auth/basic-cimd-${time}/checks.json`), checks);
  await mkdir(join(folder, `server-server-stateless-${time}`));
  expect(await readVerdicts(folder)).toEqual({
    "json-schema-2020-12": { "a (A)": "SUCCESS" },
    "auth/basic-cimd": { "a (A)": "SUCCESS" },
    "server-stateless": { "scenario (Ends)": "FAILURE" },
  });
});

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settleAgentId } from "./agent-id-file.ts";
import { registryFixture, serviceFixture } from "./registry.fixture.ts";

let folder = "";
const file = () => join(folder, "agent-id");
const inFile = () => readFileSync(file(), "utf8");
const noFailure = (cause: unknown) => {
  throw cause;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-id-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("two registries have two ids, and each keeps its own", async () => {
  const [one, other] = [registryFixture(), registryFixture()];
  const id = await settleAgentId(one, file(), noFailure);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(await settleAgentId(one, file(), noFailure)).toBe(id);
  expect(await other.agentId()).not.toBe(id);
  expect([inFile(), statSync(file()).mode & 0o777]).toEqual([`${id}\n`, 0o600]);
});

test("a registry that takes the place of one that was lost is the same agent", async () => {
  const id = await settleAgentId(registryFixture(), file(), noFailure);
  const next = registryFixture();
  expect(await settleAgentId(next, file(), noFailure)).toBe(id);
  expect(await next.agentId()).toBe(id);
});

test("a registry that knows services, as a restored one, says itself whose it is", async () => {
  await settleAgentId(registryFixture(), file(), noFailure);
  const restored = registryFixture();
  await restored.saveService(serviceFixture(), new Date(0));
  const id = await restored.agentId();
  expect(await settleAgentId(restored, file(), noFailure)).toBe(id);
  expect(inFile()).toBe(`${id}\n`);
});

test("a file that holds no id is written anew, and one that cannot be written is told", async () => {
  writeFileSync(file(), "0123");
  const registry = registryFixture();
  const id = await settleAgentId(registry, file(), noFailure);
  expect(inFile()).toBe(`${id}\n`);
  const failures: unknown[] = [];
  expect(await settleAgentId(registry, join(folder, "none", "agent-id"), (cause) => failures.push(cause))).toBe(id);
  expect(failures).toMatchObject([{ code: "ENOENT" }]);
});

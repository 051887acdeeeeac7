import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RpcAuditEntry } from "./rpc-audit.ts";
import { RpcAuditFile } from "./rpc-audit-file.ts";

let folder = "";
let lost: [number, unknown][] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rpc-audit-"));
  lost = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const entry = (caller: string): RpcAuditEntry => ({ method: "/mcp.v1.McpAgentService/Deploy", caller, timestamp: "t", outcome: "ok" });
const audit = (path: string, maxBytes = 1000) => new RpcAuditFile({ path, maxBytes, keep: 2, onLost: (...told) => void lost.push(told) });
const callers = async (path: string) =>
  (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).caller);

test("each entry is a line of JSON in the order they came, in a file that only its owner can read", async () => {
  const path = join(folder, "deep", "audit.log");
  const file = audit(path);
  for (let number = 0; number < 50; number++) file.record(entry(`user ${number}\n"`));
  await file.close();
  expect(await callers(path)).toEqual(Array.from({ length: 50 }, (_, number) => `user ${number}\n"`));
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe("600");
  expect(lost).toEqual([]);
});

test("a later agent goes on with the file of an earlier one, whose mode does not stay open", async () => {
  const path = join(folder, "audit.log");
  await writeFile(path, `${JSON.stringify(entry("before"))}\n`, { mode: 0o644 });
  const file = audit(path);
  file.record(entry("after"));
  await file.close();
  expect(await callers(path)).toEqual(["before", "after"]);
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe("600");
});

test("a file that has grown is set aside, and no more of these are kept than was said", async () => {
  const path = join(folder, "audit.log");
  const file = audit(path, 1);
  for (const caller of ["a", "b", "c", "d", "e"]) {
    file.record(entry(caller));
    await file.close();
  }
  expect((await readdir(folder)).sort()).toEqual(["audit.log", "audit.log.1", "audit.log.2"]);
  expect([await callers(path), await callers(`${path}.1`), await callers(`${path}.2`)]).toEqual([["e"], ["d"], ["c"]]);
});

test("what cannot be written is told, and neither throws nor stops what comes later", async () => {
  await writeFile(join(folder, "file"), "");
  const file = audit(join(folder, "file", "audit.log"));
  file.record(entry("a"));
  file.record(entry("b"));
  await file.close();
  expect(lost[0]).toEqual([2, expect.objectContaining({ code: expect.any(String) })]);
});

test("no more entries wait than its bound; those beyond are counted", async () => {
  const path = join(folder, "audit.log");
  const file = audit(path, 1e9);
  for (let number = 0; number < 10_003; number++) file.record(entry(String(number)));
  await file.close();
  expect(await callers(path)).toHaveLength(10_000);
  expect(lost).toEqual([[3, undefined]]);
});

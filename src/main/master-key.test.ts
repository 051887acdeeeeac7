import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAuditWriterId } from "./audit-writer-id.ts";
import { deriveKeys } from "./master-key.ts";

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-key-"));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("keys for different uses are different, and the same for every process with the master key", () => {
  const keys = deriveKeys(new Uint8Array(32).fill(7));
  const { installationId, ...secret } = keys;
  for (const key of Object.values(secret)) expect(key).toHaveLength(32);
  expect(new Set(Object.values(secret).map((key) => Buffer.from(key).toString("hex"))).size).toBe(5);
  expect(deriveKeys(new Uint8Array(32).fill(7))).toEqual(keys);
  expect(deriveKeys(new Uint8Array(32).fill(8)).installationId).not.toBe(installationId);
  expect(installationId).toMatch(/^[0-9a-f]{24}$/);
});

test("an audit writer's id is made once, and one that is damaged is refused", () =>
  inFolder((folder) => {
    const path = join(folder, "audit-writer");
    const id = readAuditWriterId(path);
    expect(readAuditWriterId(path)).toBe(id);
    writeFileSync(path, "");
    expect(() => readAuditWriterId(path)).toThrow(expect.objectContaining({ reason: "AUDIT_WRITER_DAMAGED" }));
  }));

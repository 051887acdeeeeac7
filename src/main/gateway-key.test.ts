import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateCredential } from "../core/credential.ts";
import { readGatewayKey } from "./gateway-key.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-gateway-key-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(text: string, mode: number): string {
  const path = join(folder, "key");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test("a key file of its owner alone gives the key, without the end of its line", () => {
  const key = generateCredential("gateway");
  expect(readGatewayKey(write(`${key}\n`, 0o600))).toEqual({ key, warning: undefined });
});

test("a key file that others may read is used and warned of", () => {
  const { key, warning } = readGatewayKey(write(generateCredential("gateway"), 0o644));
  expect(warning).toContain("chmod 600");
  expect(warning).not.toContain(key);
});

test("a file without a key, and no file, say what belongs there and nothing of what is there", () => {
  for (const text of ["", "hunter2", generateCredential("token")]) {
    const path = write(text, 0o600);
    expect(() => readGatewayKey(path)).toThrow(expect.objectContaining({ code: "invalid", reason: "GATEWAY_KEY_INVALID" }));
    expect(() => readGatewayKey(path)).not.toThrow(/hunter2|pat_/);
  }
  const missing = expect.objectContaining({ code: "precondition", reason: "GATEWAY_KEY_UNREADABLE" });
  expect(() => readGatewayKey(join(folder, "none"))).toThrow(missing);
});

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replicaLinkContract } from "../replica-link.contract.ts";
import { openSocketLink } from "./socket-link.ts";

const folder = mkdtempSync(join(tmpdir(), "mcpctl-link-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

replicaLinkContract("sockets", async (self) => openSocketLink({ self, folder, timeoutMs: 300 }));

test("what is no message of ours is refused and reaches nobody", async () => {
  const link = openSocketLink({ self: "dddddddd", folder, timeoutMs: 300 });
  const heard: unknown[] = [];
  link.receive(async (message) => {
    heard.push(message);
    return { held: true };
  });
  const unix = join(folder, "dddddddd.sock");
  for (const body of ["", "{", "[]", '{"kind":"run","target":"","principalId":"","message":""}']) {
    expect((await fetch("http://link/", { unix, method: "POST", body })).status).toBe(400);
  }
  expect(heard).toEqual([]);
  await link.close();
});

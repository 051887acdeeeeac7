import { beforeAll, expect, test } from "bun:test";
import { authorizeRpc, identifyCaller } from "../../src/agent/identity/authorize-rpc.ts";
import { logIn } from "../../src/agent/identity/log-in.ts";
import type { RpcAuditEntry } from "../../src/agent/identity/rpc-audit.ts";
import { loadToken, saveToken } from "../../src/agent/identity/token-file.ts";
import { TokenValidator } from "../../src/agent/identity/token-validator.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";

const scratch = new Scratch("agent");
let ready: Ready;

beforeAll(async () => {
  ready = await scratch.upWithReadyFile("agent").ready();
}, 30_000);

test("an administrator's log-in at mcpd opens an agent's RPC, another user's does not, and mcpd's other credentials are none", async () => {
  const { username = "", password = "" } = ready.admin ?? {};
  const file = scratch.path("token");
  await saveToken(file, await logIn(ready.api, username, password));
  const token = await loadToken(file);
  const audited: RpcAuditEntry[] = [];
  const deps = {
    tokens: new TokenValidator({ url: ready.api, clock: systemClock }),
    audit: { record: (entry: RpcAuditEntry) => void audited.push(entry) },
    clock: systemClock,
    nodeName: "edge",
  };
  const rpc = async (bearer: string | undefined) => {
    const call = { method: "Deploy", needs: "admin" } as const;
    const caller = await identifyCaller({ ...call, authorization: bearer === undefined ? undefined : `Bearer ${bearer}` }, deps);
    authorizeRpc({ ...call, caller }, deps);
    return caller;
  };
  expect(await rpc(token)).toMatchObject({ username: "admin" });

  const session = await post("/api/v1/auth/login", { username, password });
  await post("/api/v1/users", { username: "jo", password: "correct horse battery" }, session.token);
  const plain = await logIn(ready.api, "jo", "correct horse battery");
  await expect(rpc(plain)).rejects.toMatchObject({ code: "denied" });
  const api = await post("/api/v1/token", { username, password });
  for (const other of [undefined, "nonsense", ready.token, session.token, api.token]) {
    await expect(rpc(other)).rejects.toMatchObject({ code: "unauthenticated" });
  }
  expect(audited).toHaveLength(7);
});

async function post(path: string, body: object, bearer?: string) {
  const headers = { "content-type": "application/json", ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) };
  const response = await fetch(`${ready.api}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
  // biome-ignore lint/suspicious/noExplicitAny: a reply is looked at by what a test expects of it.
  return (await response.json()) as any;
}

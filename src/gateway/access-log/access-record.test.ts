import { expect, test } from "bun:test";
import { generateCredential } from "../../core/credential.ts";
import { initialized, openGateway } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { type AccessRecord, accessRecord } from "./access-record.ts";

const tools = () => new ScriptedServer({ lists: { tools: [toolText("a")] } });

async function open() {
  const records: AccessRecord[] = [];
  const gateway = await openGateway({ servers: { one: tools() }, observe: (request) => records.push(accessRecord(request)) });
  return { gateway, records };
}

test("a line says who did what, where, how it ended, how long it took and under which trace id", async () => {
  const { gateway, records } = await open();
  await using _ = gateway;
  const client = await initialized(gateway);
  const response = await client.send("tools/call", { name: "one__a" });
  const call = { method: "tools/call", project: "demo", server: "one", principal: "token:tok_1" };
  expect(records.at(-1)).toEqual({
    ...call,
    outcome: "ok",
    code: undefined,
    status: 200,
    ms: 0,
    traceId: response.headers.get("x-trace-id") ?? "",
  });
  await client.send("tools/call", { name: "one__b" });
  expect(records.at(-1)).toMatchObject({ ...call, outcome: "failed", code: "-32602", status: 200 });
  await gateway.fetch("/projects/demo/mcp", { method: "POST" });
  expect(records.at(-1)).toMatchObject({ method: "POST /projects/demo/mcp", outcome: "refused", code: "unauthenticated", status: 401 });
  expect(records.at(-1)?.principal).toBeUndefined();
});

test("nothing that a client sends in confidence is in any line, wherever it puts it", async () => {
  const { gateway, records } = await open();
  await using _ = gateway;
  const client = await initialized(gateway);
  const hush = "swordfish-2000";
  const credential = generateCredential("token");
  await client.send("tools/call", { name: "one__a", arguments: { password: hush }, _meta: { note: hush } });
  await client.send("prompts/get", { name: hush, arguments: { hush } });
  await client.send("resources/read", { uri: `file:///${hush}` });
  await client.send("ping", { hush }, { headers: { cookie: hush, "x-api-key": hush, baggage: `k=${hush}` }, id: hush });
  await client.post(`not json ${hush}`);
  await client.send(credential);
  await gateway.fetch(`/projects/${credential}/mcp?token=${hush}`, { method: "POST", headers: client.headers() });
  await gateway.fetch(`/${credential}`, { headers: { authorization: `Bearer ${credential}` } });
  await gateway.fetch("/mcp", { method: "POST", headers: { authorization: `Bearer ${credential}` } });
  const all = JSON.stringify(records);
  expect(records.length).toBeGreaterThan(8);
  for (const secret of [hush, credential, client.token, client.sessionId ?? "no session"]) expect(all).not.toContain(secret);
});

test("what a client makes long is cut", async () => {
  const { gateway, records } = await open();
  await using _ = gateway;
  const client = await initialized(gateway);
  await client.send("x".repeat(10_000));
  await gateway.fetch(`/${"y".repeat(5000)}`);
  for (const { method } of records.slice(-2)) expect(method.length).toBeLessThanOrEqual(100);
});

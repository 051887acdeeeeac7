/** Lists that are so long that their answers share them. */
import { expect, test } from "bun:test";
import { initialized, ModernTestClient, openGateway, type Reply, TestClient } from "../gateway.fixture.ts";
import { ScriptedServer } from "../scripted-upstream.fixture.ts";

const tool = (name: string) => `{"name":"${name}","description":"${"grüße ☃ ".repeat(500)}","inputSchema":{"type":"object"}}`;
const names = (count: number, of: string) => Array.from({ length: count }, (_, at) => `${of}${at}`);
const namesIn = ({ result }: Reply): string[] => result.tools.map(({ name }: { name: string }) => name);

test("a long list is the same for each client, under the id that it asked with, in a batch and in the other era", async () => {
  const server = new ScriptedServer({ lists: { tools: names(30, "t").map(tool) } });
  await using gateway = await openGateway({ servers: { one: server } });
  const first = await initialized(gateway);
  const client = new TestClient(gateway.fetch, first.path, first.token);
  await client.initialize("2025-03-26");
  const ids = ["é☃", 7, "x".repeat(500)];
  const replies = await Promise.all(ids.map((id) => client.request("tools/list", {}, { id })));
  expect(replies.map(({ id }) => id)).toEqual(ids);
  for (const reply of replies) expect(namesIn(reply)).toEqual(names(30, "one__t"));
  const batch = await client.post(JSON.stringify([{ jsonrpc: "2.0", id: 1, method: "tools/list" }]));
  expect(await batch.json()).toEqual([{ jsonrpc: "2.0", id: 1, result: replies[0]?.result }]);
  expect(namesIn(await new ModernTestClient(first).request("tools/list"))).toEqual(names(30, "one__t"));
});

test("a list that has changed is another one, long or short", async () => {
  const server = new ScriptedServer({ lists: { tools: names(30, "a").map(tool) } });
  await using gateway = await openGateway({ servers: { one: server } });
  const client = await initialized(gateway);
  expect(await client.toolNames()).toEqual(names(30, "one__a"));
  for (const wanted of [names(30, "b"), names(1, "c"), names(40, "d")]) {
    server.lists = { tools: wanted.map(tool) };
    server.announce();
    const all = wanted.map((name) => `one__${name}`);
    // The catalog reads it anew in the background.
    for (let tries = 0; tries < 1000 && (await client.toolNames())[0] !== all[0]; tries += 1) await Bun.sleep(1);
    expect(await client.toolNames()).toEqual(all);
  }
});

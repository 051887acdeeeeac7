/** A project's own prompts, through the gateway. */
import { expect, test } from "bun:test";
import { initialized, openGateway, readEvents, testProject } from "../gateway.fixture.ts";
import { ScriptedServer } from "../scripted-upstream.fixture.ts";

const greet = {
  name: "greet",
  description: "Greets",
  arguments: [{ name: "who", description: "", required: true }],
  template: "Say hello to {{who}}.",
};
const plain = { name: "plain", description: "", arguments: [], template: "As it is: {{x}}" };
const server = () => new ScriptedServer({ lists: { prompts: ['{"name":"theirs"}'] } });

test("stand in the project's list under their own names, before those of its servers, and are filled in", async () => {
  const one = server();
  await using gateway = await openGateway({ servers: { one }, prompts: [greet, plain] });
  const client = gateway.client();
  expect((await client.initialize()).result.capabilities).toHaveProperty("prompts");
  const { result } = await client.request("prompts/list");
  expect(result.prompts.map(({ name }: { name: string }) => name)).toEqual(["greet", "plain", "one__theirs"]);
  expect(await client.request("prompts/get", { name: "greet", arguments: { who: "Ann" } })).toEqual({
    jsonrpc: "2.0",
    id: expect.any(Number),
    result: { description: "Greets", messages: [{ role: "user", content: { type: "text", text: "Say hello to Ann." } }] },
  } as object);
  expect(await client.request("prompts/get", { name: "one__theirs" })).toMatchObject({ result: { asked: "prompts/get" } });
  const ref = { type: "ref/prompt", name: "greet" };
  expect(await client.request("completion/complete", { ref, argument: { name: "who", value: "" } })).toMatchObject({
    result: { completion: { values: [] } },
  });
  expect(one.of("prompts/get")).toHaveLength(1);
});

test("a missing required argument, and a prompt that does not exist, are -32602", async () => {
  await using gateway = await openGateway({ servers: { one: server() }, prompts: [greet] });
  const client = await initialized(gateway);
  expect(await client.request("prompts/get", { name: "greet" })).toMatchObject({
    error: { code: -32602, message: expect.stringContaining("who") },
  });
  expect(await client.request("prompts/get", { name: "nothing" })).toMatchObject({ error: { code: -32602 } });
});

test("whom no binding lets view a prompt does not find it in the list, and it is unknown to them", async () => {
  await using gateway = await openGateway({ servers: { one: server() }, prompts: [greet, plain] });
  const of = async (name?: string) => {
    const prompts = { role: "view", resource: "prompts", ...(name === undefined ? {} : { name }) } as const;
    const token = gateway.control.issue("demo", { bindings: [{ role: "view", resource: "servers" }, prompts] });
    const client = await initialized(gateway, { token });
    const { result } = await client.request("prompts/list");
    return { client, names: result.prompts.map((prompt: { name: string }) => prompt.name) };
  };
  expect((await of("demo/*")).names).toEqual(["greet", "plain", "one__theirs"]);
  expect((await of("other/*")).names).toEqual(["one__theirs"]);
  const some = await of("demo/plain");
  expect(some.names).toEqual(["plain", "one__theirs"]);
  expect(await some.client.request("prompts/get", { name: "plain" })).toMatchObject({ result: {} });
  const hidden = await some.client.request("prompts/get", { name: "greet", arguments: { who: "x" } });
  const unknown = await some.client.request("prompts/get", { name: "other", arguments: { who: "x" } });
  expect(hidden.error).toMatchObject({ code: -32602 });
  expect(hidden.error?.message.replace("greet", "other")).toBe(unknown.error?.message ?? "");
});

test("who may view a prompt and no server gets the prompts and no other list", async () => {
  await using gateway = await openGateway({ servers: { one: server() }, prompts: [greet] });
  const client = await initialized(gateway, {
    token: gateway.control.issue("demo", { bindings: [{ role: "view", resource: "prompts" }] }),
  });
  expect((await client.request("prompts/list")).result.prompts).toMatchObject([{ name: "greet" }]);
  expect((await client.send("tools/list")).status).toBe(403);
});

test("are no prompts of a server's own route", async () => {
  await using gateway = await openGateway({ servers: { one: server() }, prompts: [greet] });
  const client = await initialized(gateway, { path: "/api/v1/mcp/one" });
  expect((await client.request("prompts/list")).result.prompts).toEqual([{ name: "theirs" }]);
});

test("a change of them is told to clients of the project with an open stream, and served", async () => {
  await using gateway = await openGateway({ servers: { one: server() }, prompts: [greet] });
  const client = await initialized(gateway);
  const events = readEvents(await client.get());
  gateway.control.change({ projects: [testProject("demo", ["one"], [plain])] }, "prompts");
  expect(await events.next()).toMatchObject({ method: "notifications/prompts/list_changed" });
  expect((await client.request("prompts/list")).result.prompts).toMatchObject([{ name: "plain" }, { name: "one__theirs" }]);
});

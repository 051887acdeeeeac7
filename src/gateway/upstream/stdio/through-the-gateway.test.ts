/** A modern client of the gateway at a process that speaks both eras, one of which each of its processes speaks. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { initialized, openGateway, type Reply } from "../../gateway.fixture.ts";
import { STDIO_LIMITS, stdioUpstream } from "./stdio-upstream.ts";

const SERVER = join(import.meta.dir, "sdk-v2-stdio.fixture.ts");
const PATH = "/api/v1/mcp/one";
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** With a modern client whose calls reach the modern process, which stands after the first one. */
async function setup() {
  const gateway = await openGateway({
    servers: {
      one: (_, events) =>
        stdioUpstream({
          handle: "one",
          command: { command: process.execPath, args: [SERVER], env: { PATH: process.env.PATH ?? "" } },
          events,
          signalGroup: (pid, signal) => void process.kill(-pid, signal),
          onLost: () => {},
          log: { begin: () => (line) => line, hide: (text: string) => text, end: () => {} },
          limits: STDIO_LIMITS,
        }),
    },
  });
  stops.push(() => gateway.gateway.close());
  const client = gateway.modern({ path: PATH });
  const call = async (name: string, retry: object = {}) =>
    (await client.request("tools/call", { name, arguments: {}, ...retry }, { capabilities: { elicitation: {} } })).result;
  while (JSON.parse((await call("echo")).content[0].text).meta === null) await Bun.sleep(2);
  return { gateway, client, call };
}

test("it is asked for input, and its answers reach the call that asked", async () => {
  const { call } = await setup();
  const { resultType, requestState } = await call("elicit");
  expect({ resultType, requestState }).toEqual({ resultType: "input_required", requestState: "état-1/+=" });
  const inputResponses = { who: { action: "accept", content: { name: "ann" } } };
  const { content } = await call("elicit", { inputResponses, requestState });
  expect(JSON.parse(content[0].text)).toEqual({ answer: { name: "ann" }, state: requestState });
});

test("what is listed of a tool's results is what it answers, in either era", async () => {
  const { gateway, client, call } = await setup();
  const listed = async (reply: Promise<Reply>) =>
    (await reply).result.tools.find(({ name }: { readonly name: string }) => name === "list").outputSchema;
  // The lists are read again when the modern process stands.
  while ((await listed(client.request("tools/list"))).type !== "array") await Bun.sleep(10);
  expect((await call("list")).structuredContent).toEqual([1, 2]);
  const legacy = await initialized(gateway, { path: PATH });
  expect(await listed(legacy.request("tools/list"))).toMatchObject({ type: "object", properties: { result: { type: "array" } } });
  const { result } = await legacy.request("tools/call", { name: "list", arguments: {} });
  expect(result.structuredContent).toEqual({ result: [1, 2] });
});

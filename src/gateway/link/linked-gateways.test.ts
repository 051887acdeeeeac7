/** Two processes of one gateway: what one of them holds, and the other is sent. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { initialized, openGateway, readEvents, type TestGateway } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { sessionHash } from "../session/session-table.ts";
import type { QuestionReply } from "../upstream/upstream.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import { LinkPair } from "./link-pair.fixture.ts";
import type { LinkMessage } from "./replica-link.ts";

const EITHER = "application/json, text/event-stream";
const OFFERED = { elicitation: {} };

async function setup() {
  const replies: QuestionReply[] = [];
  const one = new ScriptedServer({
    lists: { tools: [toolText("a"), toolText("hang")] },
    answers: {
      "tools/call": async (call) => {
        if (call.paramsText?.includes("hang") === true) return new Promise(() => {});
        replies.push((await call.onQuestion?.({ method: "elicitation/create", paramsText: "{}" })) ?? { errorText: "null" });
        return resultMessage(call.idText, "{}");
      },
    },
  });
  const pair = new LinkPair();
  const names = ["process1", "process2"];
  const first = await openGateway({ servers: { one }, link: () => pair.of(names.shift() ?? "process3") });
  const second = await first.restart();
  const client = await initialized(first, { capabilities: OFFERED });
  const elsewhere = second.client();
  elsewhere.sessionId = client.sessionId;
  const close = () => Promise.all([first, second].map(({ gateway }: TestGateway) => gateway.close()));
  return { pair, first, second, client, elsewhere, replies, one, close };
}

describe("an answer that reaches another process than the one that asked", () => {
  test("is sent to that one", async () => {
    const { client, elsewhere, replies, close } = await setup();
    const events = readEvents(await client.send("tools/call", { name: "one__a" }, { accept: EITHER }));
    const { id } = await events.next();
    const response = await elsewhere.post(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"n":1.0}}`);
    expect(response.status).toBe(202);
    expect(await events.next()).toMatchObject({ result: {} });
    expect(replies).toEqual([{ resultText: '{"n":1.0}' }]);
    await close();
  });

  test("is 404 with an error where that one does not wait any more, or cannot be reached", async () => {
    const { elsewhere, close } = await setup();
    for (const holder of ["process1", "process9"]) {
      const response = await elsewhere.post(JSON.stringify({ jsonrpc: "2.0", id: `${holder}.${"0".repeat(32)}`, result: {} }));
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: -32000, message: expect.stringContaining("nothing was answered") } });
    }
    await close();
  });

  test("counts only from whom it was asked of", async () => {
    const { pair, client, replies, close } = await setup();
    const events = readEvents(await client.send("tools/call", { name: "one__a" }, { accept: EITHER }));
    const { id } = await events.next();
    const forged: LinkMessage = { kind: "answer", target: String(id), principalId: "token:other", message: '{"result":{}}' };
    expect(await pair.forge("process1", forged)).toEqual({ held: false });
    expect(replies).toEqual([]);
    await close();
  });
});

describe("a cancelation that reaches another process", () => {
  test("is sent to where the session was opened", async () => {
    const { client, elsewhere, one, close } = await setup();
    const answer = client.request("tools/call", { name: "one__hang" }, { id: "x" });
    await waitUntil(() => one.of("tools/call").length === 1);
    await elsewhere.notify("notifications/cancelled", { requestId: "x" });
    expect(await answer).toMatchObject({ error: { code: -31099 } });
    await close();
  });

  test("counts only from whose session it is, and for a call that is there", async () => {
    const { pair, first, client, one, close } = await setup();
    void client.request("tools/call", { name: "one__hang" }, { id: "x" });
    await waitUntil(() => one.of("tools/call").length === 1);
    const [session] = [...first.gateway.pipeline.sessions.held()];
    if (session === undefined) throw new Error("the session must be held");
    const { principalId } = session.claims;
    const cancel = (from: string, requestId: unknown, target = sessionHash(session.claims)) =>
      pair.forge("process1", { kind: "cancel", target, principalId: from, message: JSON.stringify({ params: { requestId } }) });
    expect(await cancel("token:other", "x")).toEqual({ held: false });
    expect(await cancel(principalId, "y")).toEqual({ held: false });
    expect(await cancel(principalId, "x", "0".repeat(64))).toEqual({ held: false });
    expect(one.of("tools/call")[0]?.signal.aborted).toBe(false);
    expect(await cancel(principalId, "x")).toEqual({ held: true });
    expect(one.of("tools/call")[0]?.signal.aborted).toBe(true);
    await close();
  });
});

test("a session that ends at one process ends at the other, with its streams", async () => {
  const { client, elsewhere, close } = await setup();
  const events = readEvents(await elsewhere.get());
  await client.end();
  await expect(events.next()).rejects.toThrow("the stream has ended");
  expect((await elsewhere.send("ping")).status).toBe(404);
  await close();
});

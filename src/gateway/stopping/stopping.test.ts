/** What modern clients have open when the gateway is to stop: calls that wait for them, and streams of changes. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { openGateway, readEvents } from "../gateway.fixture.ts";
import type { RateVerdict } from "../rate/call-limiter.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const OFFERED = { capabilities: { elicitation: {} } };
const PARKING = { parkMs: 60_000, bundleMs: 1, max: 10, maxPerPrincipal: 5 };
const LISTS = { notifications: { toolsListChanged: true } };

/** A server whose tool asks its client this often before it answers. */
function asking(rounds: number) {
  return new ScriptedServer({
    lists: { tools: [toolText("a")] },
    initialized: { capabilities: { tools: { listChanged: true } } },
    answers: {
      "tools/call": async ({ idText, onQuestion }) => {
        for (let round = 0; round < rounds; round += 1) await onQuestion?.({ method: "elicitation/create", paramsText: "{}" });
        return resultMessage(idText, '{"resultType":"complete"}');
      },
    },
  });
}

async function parked(rounds = 1) {
  const server = asking(rounds);
  const gateway = await openGateway({ servers: { one: server }, settings: { parking: PARKING } });
  const client = gateway.modern();
  const call = (params: object = {}) => client.send("tools/call", { name: "one__a", ...params }, OFFERED);
  const comeBack = async (asked: Response, key: string) => {
    const { result } = (await asked.json()) as { result: { requestState: string } };
    return call({ requestState: result.requestState, inputResponses: { [key]: { action: "accept" } } });
  };
  return { gateway, server, call, comeBack };
}

describe("a call that waits for its client when the gateway is to stop", () => {
  test("is waited for, and goes on when the client comes back, as often as it takes; nothing new is begun", async () => {
    const { gateway, call, comeBack } = await parked(2);
    await using _ = gateway;
    const asked = await call();
    expect(gateway.gateway.parkedCalls()).toBe(1);
    expect(gateway.gateway.vitals().callsParked).toBe(1);
    gateway.gateway.drain();
    expect((await call()).status).toBe(503);
    const again = await comeBack(asked, "q1");
    expect(gateway.gateway.parkedCalls()).toBe(1);
    expect(await (await comeBack(again, "q2")).json()).toMatchObject({ result: { resultType: "complete" } });
    expect(gateway.gateway.parkedCalls()).toBe(0);
  });

  test("is canceled where the client does not come back in time, and its server is told", async () => {
    const { gateway, server, call } = await parked();
    await call();
    const [carried] = server.of("tools/call");
    gateway.gateway.drain();
    expect(carried?.signal.aborted).toBe(false);
    await gateway.gateway.close();
    expect(carried?.signal.aborted).toBe(true);
    expect(gateway.gateway.parkedCalls()).toBe(0);
  });
});

test("a stream of changes that is opened at the very moment ends too, with its result", async () => {
  const verdict = Promise.withResolvers<RateVerdict>();
  let counted = 0;
  const take = () => {
    counted += 1;
    return verdict.promise;
  };
  await using gateway = await openGateway({ servers: { one: asking(0) }, limiter: { take } });
  const opening = gateway.modern().send("subscriptions/listen", LISTS, { id: "l1" });
  await waitUntil(() => counted === 1);
  gateway.gateway.drain();
  verdict.resolve({ allowed: true });
  expect(await readEvents(await opening).next()).toMatchObject({ id: "l1", result: { resultType: "complete" } } as object);
  expect(gateway.gateway.vitals().streamsOpen.modern).toBe(0);
});

import { initialized, openGateway, type TestClient } from "../../src/gateway/gateway.fixture.ts";
import { ScriptedServer } from "../../src/gateway/scripted-upstream.fixture.ts";
import type { Effort, Figure } from "../access/measure.ts";

const SERVERS = 50;
const TOOLS = 20;
const MIB = 1024 * 1024;

/** A tool as real servers write one, 1 KiB. */
function toolText(name: string): string {
  const properties = Object.fromEntries(
    Array.from({ length: 6 }, (_, at) => [
      `argument_${at}`,
      { type: "string", description: `What argument ${at} is for, in one sentence` },
    ]),
  );
  const tool = { name, description: "d".repeat(300), inputSchema: { type: "object", properties, required: ["argument_0"] } };
  return JSON.stringify(tool);
}

function fleet(): Record<string, ScriptedServer> {
  const tools = Array.from({ length: TOOLS }, (_, at) => toolText(`tool_${at}`));
  return Object.fromEntries(Array.from({ length: SERVERS }, (_, at) => [`server-${at}`, new ScriptedServer({ lists: { tools } })]));
}

/** A project's tools/list from what is kept of its servers, from the request's bytes to the answer's, without a socket. */
export async function listFigures({ rounds, samples }: Effort): Promise<Figure[]> {
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  const servers = fleet();
  const gateway = await openGateway({ servers });
  const client = await initialized(gateway);
  const calls = Math.max(20, Math.round(samples / 1000));
  const list = () => millisOf(client, calls);
  await list();
  const kept: number[] = [];
  for (let round = 0; round < rounds; round += 1) kept.push(await list());
  const anew: number[] = [];
  for (let round = 0; round < rounds; round += 1) anew.push(await afterChange(servers, client, round));
  Bun.gc(true);
  const resident = process.memoryUsage().rss;
  await gateway.gateway.close();
  const what = `${SERVERS} servers, ${SERVERS * TOOLS} tools`;
  return [
    { what: `tools/list of ${what}, from what is kept`, rounds: kept, unit: "ms", budget: { limit: 5, is: "at most" } },
    { what: "the first one after the list of a server has changed", rounds: anew, unit: "ms", budget: { limit: 5, is: "at most" } },
    { what: `resident with ${what}`, rounds: [resident / MIB], unit: "MiB", budget: { limit: 120, is: "at most" } },
    { what: "of these for the gateway and the servers", rounds: [(resident - before) / MIB], unit: "MiB" },
  ];
}

async function millisOf(client: TestClient, calls: number): Promise<number> {
  const start = Bun.nanoseconds();
  for (let call = 0; call < calls; call += 1) {
    const response = await client.send("tools/list");
    const bytes = (await response.arrayBuffer()).byteLength;
    if (bytes < SERVERS * TOOLS * 500) throw new Error("the list is not whole, so its speed means nothing");
  }
  return (Bun.nanoseconds() - start) / 1e6 / calls;
}

async function afterChange(servers: Record<string, ScriptedServer>, client: TestClient, round: number): Promise<number> {
  const server = servers["server-7"];
  if (server === undefined) throw new Error("there is no such server");
  server.lists = { tools: Array.from({ length: TOOLS }, (_, at) => toolText(`tool_${at}_${round}`)) };
  server.announce();
  // Until it has been read again, in the background.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return millisOf(client, 1);
}

import { afterEach, expect, test } from "bun:test";
import { createServer } from "node:net";
import { AppError } from "../../core/app-error.ts";
import { AgentClient } from "./agent-client.ts";
import { AGENT_TOKEN } from "./agent-token.fixture.ts";
import { type AgentTarget, showCertificate } from "./dial-agent.ts";
import { type AgentAnswers, type FakeAgent, startFakeAgent } from "./fake-agent.fixture.ts";
import { type SelfSigned, selfSigned } from "./self-signed.fixture.ts";

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

async function setup(
  answers: AgentAnswers = {},
  target: (agent: FakeAgent) => Partial<AgentTarget> = pinned,
  token = AGENT_TOKEN,
  own?: SelfSigned,
) {
  const agent = await startFakeAgent({ nodeStatus: () => ({ nodeName: "rift" }), ...answers }, own);
  releases.push(() => agent.close());
  const client = new AgentClient({ node: "rift", address: { host: "127.0.0.1", port: agent.port }, ...target(agent) }, { token });
  releases.push(() => client.close());
  return { agent, client, nameOf: () => client.call((rpc, options) => rpc.nodeStatus({}, options)).then(({ nodeName }) => nodeName) };
}

const pinned = ({ certificate }: FakeAgent) => ({ fingerprint: certificate.fingerprint });

test("a call reaches the agent whose certificate is pinned, with the bearer token in its metadata", async () => {
  const { agent, nameOf } = await setup();
  expect([await nameOf(), await nameOf()]).toEqual(["rift", "rift"]);
  expect(agent.calls.map(({ method, authorization }) => [method, authorization])).toEqual([
    ["NodeStatus", `Bearer ${AGENT_TOKEN}`],
    ["NodeStatus", `Bearer ${AGENT_TOKEN}`],
  ]);
});

test("a certificate of the authority that is named is verified by it", async () => {
  const { nameOf } = await setup({}, ({ certificate }) => ({ ca: certificate.cert }));
  expect(await nameOf()).toBe("rift");
});

test("a certificate that is given in PEM is the agent's own or its authority's, and another one is not trusted", async () => {
  const { nameOf } = await setup({}, ({ certificate }) => ({ certificate: certificate.cert }));
  expect(await nameOf()).toBe("rift");
  const { agent, nameOf: other } = await setup({}, () => ({ certificate: selfSigned("another").cert }));
  await expect(other()).rejects.toMatchObject({ reason: "NODE_CERTIFICATE_UNTRUSTED" });
  expect(agent.calls).toEqual([]);
});

test("another certificate than the pinned one gets no token and no call", async () => {
  const { agent, nameOf } = await setup({}, () => ({ fingerprint: "ab".repeat(32) }));
  await expect(nameOf()).rejects.toMatchObject({ code: "precondition", reason: "NODE_CERTIFICATE_CHANGED" });
  expect(agent.calls).toEqual([]);
});

test("without a pin a certificate that no authority vouches for gets no token and no call", async () => {
  for (const ca of [undefined, selfSigned("another").cert]) {
    const { agent, nameOf } = await setup({}, () => ({ ca }));
    await expect(nameOf()).rejects.toMatchObject({ code: "precondition", reason: "NODE_CERTIFICATE_UNTRUSTED" });
    expect(agent.calls).toEqual([]);
  }
});

test("the certificate of an agent is shown before anything is trusted", async () => {
  const { agent } = await setup();
  const shown = await showCertificate({ node: "rift", address: { host: "127.0.0.1", port: agent.port } }, 5_000);
  expect(shown).toEqual({ fingerprint: agent.certificate.fingerprint, subject: "agent", validTo: "Jan  1 00:00:00 2049 GMT" });
});

test("what the agent refuses is thrown as it meant it, with reason and hint", async () => {
  const refuse = () => {
    throw new AppError("conflict", "SERVICE_BUSY", "Somebody deploys ha", { hint: "wait for it – or not", retryAfterSeconds: 3 });
  };
  const { nameOf } = await setup({ nodeStatus: refuse });
  const refused = { code: "conflict", reason: "SERVICE_BUSY", message: "Somebody deploys ha", hint: "wait for it – or not" };
  await expect(nameOf()).rejects.toMatchObject({ ...refused, retryAfterSeconds: 3 });
});

test("an agent of another version, which does not know a call, is said to be one, and what both know goes on", async () => {
  const { client, nameOf } = await setup();
  await expect(client.call((rpc, options) => rpc.runSnapshot({}, options))).rejects.toMatchObject({
    code: "precondition",
    reason: "NODE_OF_ANOTHER_VERSION",
    message: "The agent of node rift does not know this call",
    hint: expect.stringContaining("upgrade the older of the two"),
  });
  const watch = client.stream((rpc, options) => rpc.watchEvents({}, options));
  await expect(Array.fromAsync(watch)).rejects.toMatchObject({ reason: "NODE_OF_ANOTHER_VERSION" });
  expect(await nameOf()).toBe("rift");
});

test("a certificate that has ended, is not good yet or is for another name gets no token and no call, though its authority is named", async () => {
  const day = 86_400_000;
  const times = { ended: [-2 * day, -day], early: [day, 2 * day], "other name": [-day, day] } as const;
  for (const [what, [from, to]] of Object.entries(times)) {
    const now = Date.now();
    const own = selfSigned("agent", {
      from: new Date(now + from),
      to: new Date(now + to),
      ...(what === "other name" ? { address: [127, 0, 0, 2] } : {}),
    });
    const { agent, nameOf } = await setup({}, ({ certificate }) => ({ ca: certificate.cert }), AGENT_TOKEN, own);
    await expect(nameOf()).rejects.toMatchObject({ code: "precondition", reason: "NODE_CERTIFICATE_UNTRUSTED" });
    expect(agent.calls).toEqual([]);
  }
});

test("a token that the agent does not take is unauthenticated", async () => {
  const { nameOf } = await setup({}, pinned, "expired");
  await expect(nameOf()).rejects.toMatchObject({ code: "unauthenticated", reason: "CREDENTIAL_INVALID" });
});

test("a node that is away is unavailable, by name, with what to do", async () => {
  const { agent, nameOf } = await setup();
  await agent.close();
  const where = `Node rift at ${agent.address} cannot be reached: ECONNREFUSED`;
  await expect(nameOf()).rejects.toMatchObject({ code: "unavailable", reason: "NODE_UNREACHABLE", message: where });
});

test("a node that takes the connection and says nothing costs its deadline", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  releases.push(() => silent.close());
  const { port } = silent.address() as { port: number };
  const client = new AgentClient({ node: "rift", address: { host: "127.0.0.1", port } }, { token: "t", connectTimeoutMs: 50 });
  await expect(client.call((rpc, options) => rpc.nodeStatus({}, options))).rejects.toMatchObject({
    reason: "NODE_UNREACHABLE",
    hint: "does mcp-agent run there? 'mcpctl node list' shows where this command looks",
  });
});

test("a call that takes too long ends with its deadline", async () => {
  const { client } = await setup({
    nodeStatus: (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", reject)),
  });
  const call = client.call((rpc, options) => rpc.nodeStatus({}, options), { timeoutMs: 50 });
  await expect(call).rejects.toMatchObject({ code: "deadline", reason: "NODE_TOO_SLOW", message: "Node rift did not answer in time" });
});

test("a connection that broke is opened anew with the next call", async () => {
  const { agent, nameOf } = await setup();
  await nameOf();
  agent.breakConnections();
  // The end may be noticed only by the call that meets it.
  expect(await nameOf().catch(nameOf)).toBe("rift");
});

test("a stream is read to its end, and ends early with its signal", async () => {
  const { client } = await setup({
    async *watchEvents({ operationId }, { signal }) {
      yield { what: { case: "event", value: { component: "api" } } };
      if (operationId === "") await new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
    },
  });
  const read = async (operationId: string, signal?: AbortSignal, seen?: () => void) => {
    const cases: unknown[] = [];
    for await (const { what } of client.stream((rpc, options) => rpc.watchEvents({ operationId }, options), { signal })) {
      cases.push(what.case);
      seen?.();
    }
    return cases;
  };
  expect(await read("op")).toEqual(["event"]);
  const stop = new AbortController();
  const failed = await read("", stop.signal, () => stop.abort()).catch((thrown) => thrown);
  expect(failed).toMatchObject({ code: "canceled" });
});

test("what is sent as a stream arrives whole", async () => {
  const { client } = await setup({
    async pushFile(requests) {
      let size = 0n;
      for await (const { what } of requests) if (what.case === "chunk") size += BigInt(what.value.length);
      return { size };
    },
  });
  const requests = (async function* () {
    yield { what: { case: "head" as const, value: { serviceName: "ha" } } };
    for (let at = 0; at < 20; at++) yield { what: { case: "chunk" as const, value: new Uint8Array(64 * 1024) } };
  })();
  expect((await client.call((rpc, options) => rpc.pushFile(requests, options))).size).toBe(20n * 64n * 1024n);
});

test("a closed client calls nobody", async () => {
  const { client, nameOf } = await setup();
  client.close();
  await expect(nameOf()).rejects.toMatchObject({ code: "canceled", reason: "AGENT_CLIENT_CLOSED" });
});

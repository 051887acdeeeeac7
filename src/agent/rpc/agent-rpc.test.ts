import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { create, toJson } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  DeployResponseSchema,
  ExecRequestSchema,
  GetServiceStatusResponseSchema,
  ListServicesResponseSchema,
  McpAgentService,
  NodeStatusResponseSchema,
  OnFailure,
  PlanResponseSchema,
  PullPolicy,
  PushFileRequestSchema,
  SyncChange,
} from "../../../gen/mcp/v1/mcp_pb.ts";
import { ServiceSpecSchema } from "../../../gen/mcp/v1/service_spec_pb.ts";
import { DesiredState } from "../../../gen/mcp/v1/state_pb.ts";
import { toSpec } from "../../service-definition/to-spec.ts";
import { DEFINITION } from "./fake-agent.fixture.ts";
import { failureOf, type ServedAgent, serveAgent } from "./served-agent.fixture.ts";

let agent: ServedAgent;
const seen = new Set<string>();

beforeAll(async () => {
  agent = await serveAgent();
});

beforeEach(() => {
  agent.asked.length = 0;
  agent.audited.length = 0;
});

afterAll(() => agent.close());

function rpcs() {
  const client = agent.client();
  return new Proxy(client, {
    get(target, name: keyof typeof client) {
      seen.add(name);
      return target[name];
    },
  });
}

test("Deploy of a spec is told who asks, with the choices in the agent's words, and says how each component fared", async () => {
  const reply = await rpcs().deploy({
    spec: toSpec(DEFINITION),
    component: "api",
    requestId: "r1",
    planToken: "t1",
    onFailure: OnFailure.REVERT,
    pull: PullPolicy.ALWAYS,
  });
  expect(agent.asked).toEqual([
    [
      "deploy",
      "root",
      { what: { definition: DEFINITION }, component: "api", requestId: "r1", planToken: "t1", onFailure: "revert", pull: "always" },
    ],
  ]);
  expect(toJson(DeployResponseSchema, reply)).toEqual({
    operation: {
      id: "op_1",
      kind: "OPERATION_KIND_DEPLOY",
      serviceName: "web",
      state: "OPERATION_STATE_PARTIAL",
      requestId: "r1",
      caller: "root",
      startedAt: "2026-01-02T03:00:00Z",
      finishedAt: "2026-01-02T03:00:00Z",
      steps: [
        {
          number: 1,
          component: "api",
          name: "pull",
          state: "STEP_STATE_FAILED",
          startedAt: "2026-01-02T03:00:00Z",
          finishedAt: "2026-01-02T03:00:00Z",
          detail: "no",
        },
      ],
      error: "one failed",
    },
    results: [
      {
        component: "api",
        action: "failed",
        error: "no",
        hint: "try",
        version: "v1.2.0",
        imageDigest: "sha256:22",
        containerId: "c1",
        deployment: "4",
      },
    ],
  });
});

test("Deploy of a name, and of what is not said, takes the defaults; who does not wait gets the operation as it is", async () => {
  const reply = await rpcs().deploy({ serviceName: "web", noWait: true });
  expect(agent.asked).toEqual([
    ["deploy", "root", { what: { service: "web" }, requestId: "", onFailure: "continue", pull: "missing" }],
    ["operation", "op_1"],
  ]);
  expect([reply.operation?.state, reply.results]).toEqual([1, []]);
});

test("Plan says what would change and why", async () => {
  const reply = await rpcs().plan({ serviceName: "web", component: "api" });
  expect(agent.asked).toEqual([["plan", { what: { service: "web" }, component: "api" }]]);
  expect(toJson(PlanResponseSchema, reply)).toEqual({
    planToken: "t1",
    components: [
      {
        component: "api",
        action: "PLANNED_ACTION_REPLACE_STOP_FIRST",
        diffs: [{ field: "image", want: "a", have: "b" }],
        reason: "port",
      },
    ],
  });
});

test("Rollback goes to the one that is named, or to the one before", async () => {
  await rpcs().rollback({ serviceName: "web", component: "api", to: 3n, requestId: "r" });
  await rpcs().rollback({ serviceName: "web" });
  expect(agent.asked).toEqual([
    ["rollback", "root", { service: "web", component: "api", to: 3, requestId: "r" }],
    ["rollback", "root", { service: "web", requestId: "" }],
  ]);
});

test("StopService, StartService, RestartService and RemoveService wait and give results of each component", async () => {
  const client = rpcs();
  const request = { serviceName: "web", component: "api", requestId: "r" };
  const replies = [
    await client.stopService(request),
    await client.startService(request),
    await client.restartService(request),
    await client.removeService(request),
  ];
  const input = { service: "web", component: "api", requestId: "r" };
  expect(agent.asked).toEqual(["stop", "start", "restart", "remove"].map((verb) => [verb, "root", input]));
  for (const { operation, results } of replies) expect([operation?.id, results[0]?.error]).toEqual(["op_1", "no"]);
});

test("ListServices gives what the registry has, in the contract's words", async () => {
  const reply = await rpcs().listServices({});
  expect(agent.asked).toEqual([["list", undefined]]);
  expect(toJson(ListServicesResponseSchema, reply)).toEqual({
    services: [
      {
        spec: toJson(ServiceSpecSchema, toSpec(DEFINITION)),
        updatedAt: "2026-01-02T03:00:00Z",
        operationId: "op_1",
        components: [
          {
            name: "api",
            desiredState: "DESIRED_STATE_RUNNING",
            observedState: "OBSERVED_STATE_RUNNING",
            observedAt: "2026-01-02T03:00:00Z",
            containerName: "web-api",
            containerId: "c1",
            version: "v1.2.0",
            imageDigest: "sha256:22",
            startedAt: "2026-01-02T03:00:00Z",
            uptime: "245s",
            health: "HEALTH_HEALTHY",
            deployment: "4",
            kept: [
              {
                number: "3",
                image: "localhost/api:v1.1.0",
                imageDigest: "sha256:11",
                deployedAt: "2026-01-02T03:00:00Z",
                deployedBy: "root",
              },
            ],
            restarts: 2,
            drift: [{ field: "image", want: "a", have: "b" }],
          },
        ],
      },
    ],
  });
});

test("LiveCheck says too why the engine could not be asked", async () => {
  const { services, runtimeError } = await rpcs().liveCheck({ serviceName: "web" });
  expect(agent.asked).toEqual([["live", "web"]]);
  expect([services[0]?.components[0]?.name, runtimeError]).toEqual(["api", "podman is away"]);
});

test("GetServiceStatus looks, and gives drift and the events of the last day", async () => {
  const reply = await rpcs().getServiceStatus({ serviceName: "web" });
  await rpcs().getServiceStatus({ eventsSince: timestampFromDate(new Date(0)), maxEvents: 5000 });
  expect(agent.asked.filter((call) => (call as unknown[])[0] === "events")).toEqual([
    ["events", { since: new Date("2026-01-01T03:04:05.000Z"), newest: 50, service: "web" }],
    ["events", { since: new Date(0), newest: 1000 }],
  ]);
  expect(agent.asked[0]).toEqual(["live", "web"]);
  expect(toJson(GetServiceStatusResponseSchema, reply)).toMatchObject({
    events: [
      {
        id: "7",
        at: "2026-01-02T03:00:00Z",
        serviceName: "web",
        component: "api",
        kind: "state",
        from: "running",
        to: "exited",
        message: "it ended",
      },
    ],
    drift: [
      {
        serviceName: "web",
        component: "api",
        desiredState: "DESIRED_STATE_RUNNING",
        observedState: "OBSERVED_STATE_EXITED",
        since: "2026-01-02T03:00:00Z",
      },
    ],
    runtimeError: "podman is away",
  });
});

test("SyncDesiredState, AdoptContainers and AdoptContainer say what became of each", async () => {
  const client = rpcs();
  const synced = await client.syncDesiredState({ services: [toSpec(DEFINITION), toSpec({ ...DEFINITION, name: "db" })] });
  expect(synced.results).toMatchObject([{ serviceName: "web", change: SyncChange.CREATED, details: ["api: new"] }]);
  expect(synced.ignoredContainers).toEqual(["stray"]);
  expect((await client.adoptContainers({ serviceName: "web" })).results).toMatchObject([
    { container: "web-api", desiredState: DesiredState.STOPPED },
  ]);
  expect((await client.adoptContainer({ serviceName: "web", container: "x" })).result).toMatchObject({
    component: "y",
    desiredState: DesiredState.RUNNING,
  });
  expect(agent.asked).toEqual([
    ["sync", "root", [DEFINITION, { ...DEFINITION, name: "db" }]],
    ["adopt", "root", "web"],
    ["adoptOne", "root", { service: "web", container: "x" }],
  ]);
});

test("GetOperation and ListOperations give operations with their steps", async () => {
  const client = rpcs();
  expect((await client.getOperation({ operationId: "op_1" })).operation?.steps).toHaveLength(1);
  expect((await client.listOperations({ limit: 1000 })).operations).toMatchObject([{ id: "op_1" }]);
  await client.listOperations({ serviceName: "web" });
  expect(agent.asked).toEqual([
    ["operation", "op_1"],
    ["operations", { limit: 200 }],
    ["operations", { limit: 20, service: "web" }],
  ]);
});

test("WatchEvents begins with a heartbeat and gives events, or the steps of one operation", async () => {
  const client = rpcs();
  const events = await Array.fromAsync(client.watchEvents({ serviceName: "web", since: timestampFromDate(new Date(0)) }));
  expect(events.map(({ what }) => what.case)).toEqual(["heartbeat", "event"]);
  const steps = await Array.fromAsync(client.watchEvents({ operationId: "op_1" }));
  expect(steps.map(({ what }) => (what.case === "operation" ? (what.value.step?.name ?? "itself") : what.case))).toEqual([
    "heartbeat",
    "pull",
    "itself",
  ]);
  expect(agent.asked).toEqual([
    ["watchEvents", { service: "web", since: new Date(0) }],
    ["watchOperation", "op_1"],
  ]);
});

test("StreamLogs gives both streams, the container that wrote and how much was dropped", async () => {
  const pieces = await Array.fromAsync(rpcs().streamLogs({ serviceName: "web", component: "api", follow: true, tail: 5 }));
  expect(
    pieces.map(({ stream, data, containerId, droppedBytes }) => [stream, Buffer.from(data).toString(), containerId, droppedBytes]),
  ).toEqual([
    [1, "out", "c1", 0n],
    [2, "err", "c2", 9n],
  ]);
  expect(agent.asked).toEqual([["follow", { service: "web", component: "api", follow: true, tail: 5, timestamps: false }]]);
});

test("Exec passes input and output in turn, and ends with the exit code", async () => {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const input = async function* () {
    yield create(ExecRequestSchema, {
      what: { case: "start", value: { serviceName: "web", component: "api", command: ["cat"], stdin: true } },
    });
    yield create(ExecRequestSchema, { what: { case: "stdin", value: Buffer.from("one") } });
    await first.promise;
    yield create(ExecRequestSchema, { what: { case: "stdin", value: Buffer.from("two") } });
    await second.promise;
    yield create(ExecRequestSchema, { what: { case: "stdinClosed", value: true } });
  };
  const said: unknown[] = [];
  for await (const { what } of rpcs().exec(input())) {
    said.push(what.case === "stdout" ? Buffer.from(what.value).toString() : what.value);
    if (said.length === 1) first.resolve();
    else second.resolve();
  }
  expect(said).toEqual(["one", "two", 7]);
  expect(agent.asked).toEqual([["exec", { service: "web", component: "api" }, { command: ["cat"], tty: false, stdin: true }]]);
});

test("PushFile takes a head and its content, PullFile gives them and lets go of the file", async () => {
  const client = rpcs();
  const pushed = await client.pushFile(
    (async function* () {
      yield create(PushFileRequestSchema, { what: { case: "head", value: { serviceName: "web", path: "a/b", mode: 0o600, size: 6n } } });
      yield create(PushFileRequestSchema, { what: { case: "chunk", value: Buffer.from("abc") } });
      yield create(PushFileRequestSchema, { what: { case: "chunk", value: Buffer.from("def") } });
    })(),
  );
  expect(pushed).toMatchObject({ path: "/srv/a/b", size: 6n, sha256: "ab" });
  const pulled = await Array.fromAsync(client.pullFile({ serviceName: "web", path: "a/b" }));
  expect(pulled.map(({ what }) => (what.case === "chunk" ? Buffer.from(what.value).toString() : what.value))).toMatchObject([
    { mode: 0o640, size: 11n },
    "hello ",
    "world",
  ]);
  expect(agent.asked).toEqual([
    ["push", { service: "web", path: "a/b", mode: 0o600, size: 6 }, "abcdef"],
    ["closed", { service: "web", path: "a/b" }],
  ]);
});

test("NodeStatus, Drain and RunSnapshot are about the node", async () => {
  const client = rpcs();
  expect(toJson(NodeStatusResponseSchema, await client.nodeStatus({}))).toEqual({
    nodeName: "edge",
    agentVersion: "1.2.3",
    runtime: { name: "podman", version: "4.3.1", driver: "libpod" },
    startedAt: "2026-01-02T03:00:00Z",
    components: { running: 1, stopped: 2, exited: 3, removed: 4, unknown: 5 },
    problems: ["the clock is wrong"],
    certificateExpiresAt: "2026-01-02T03:00:00Z",
    diskFreeBytes: "1024",
    undeclaredContainers: ["by-hand"],
  });
  expect((await client.drain({ stopComponents: true, limit: { seconds: 5n } })).drained).toBe(true);
  expect((await client.drain({ undo: true })).drained).toBe(false);
  expect(await client.runSnapshot({})).toMatchObject({ path: "/srv/mcp/backups/a.db", size: 4096n });
  expect(agent.asked.slice(1, 3)).toEqual([
    ["drain", "root", { stopComponents: true, undo: false, limitMs: 5000 }],
    ["drain", "root", { stopComponents: false, undo: true, limitMs: 60_000 }],
  ]);
});

test("every RPC of the contract was called", () => {
  expect([...seen].sort()).toEqual(McpAgentService.methods.map(({ localName }) => localName).sort());
});

test("what cannot be meant is refused with the field, and nothing is done", async () => {
  const client = agent.client();
  const push = (...messages: Parameters<typeof create<typeof PushFileRequestSchema>>[1][]) =>
    client.pushFile(
      (async function* () {
        for (const message of messages) yield create(PushFileRequestSchema, message);
      })(),
    );
  const refusals = [
    await failureOf(client.deploy({})),
    await failureOf(client.deploy({ serviceName: "a", spec: { name: "b" } })),
    await failureOf(client.deploy({ serviceName: "a", pull: 9 as PullPolicy })),
    await failureOf(client.deploy({ serviceName: "a", requestId: "a b" })),
    await failureOf(client.stopService({ serviceName: "x".repeat(256) })),
    await failureOf(client.rollback({ serviceName: "a", to: 2n ** 60n })),
    await failureOf(client.drain({ limit: { seconds: 90_000n } })),
    await failureOf(client.watchEvents({ operationId: "o", serviceName: "a" })),
    await failureOf(client.streamLogs({ serviceName: "a" })),
    await failureOf(push({ what: { case: "chunk", value: new Uint8Array(1) } })),
    await failureOf(push()),
  ];
  expect(refusals.map(({ code, reason, message }) => `${code} ${reason}: ${message}`)).toEqual(
    [
      "service_name is missing",
      "service_name is a, and the spec is of b: send one of them",
      "pull has the value 9, which this agent does not know",
      "request_id must have at most 128 printable characters without spaces",
      "service_name has more than 255 characters",
      "to is too large",
      "limit must be between 0 and 24 hours",
      "operation_id goes with neither service_name nor since",
      "component is missing",
      "the first message must be the head of the file",
      "the first message must be the head of the file",
    ].map((message) => `invalid REQUEST_INVALID: ${message}`),
  );
  expect(agent.asked).toEqual([]);
});

test("Connect over HTTP/1.1 and gRPC-web are served on the same port", async () => {
  for (const protocol of ["connect", "grpc-web"] as const) {
    const client = agent.client("root", protocol);
    expect((await client.nodeStatus({})).nodeName).toBe("edge");
    expect(await Array.fromAsync(client.watchEvents({}))).toHaveLength(2);
    expect(await failureOf(client.deploy({}))).toMatchObject({ code: "invalid", reason: "REQUEST_INVALID" });
  }
});

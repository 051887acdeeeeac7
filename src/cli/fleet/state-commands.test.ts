import { afterEach, expect, test } from "bun:test";
import { DesiredState, Health, ObservedState } from "../../api/agent/contract.ts";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { fakeApi } from "../fake-api.fixture.ts";
import { expired, loggedOut, secondsOf, specOf, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

async function fleetOf(nodes: Readonly<Record<string, AgentAnswers | null>>) {
  const fleet = await startFleet(nodes);
  fleets.push(fleet);
  return fleet;
}

const running = {
  name: "api",
  desiredState: DesiredState.RUNNING,
  observedState: ObservedState.RUNNING,
  version: "v1.2.0",
  deployment: 4n,
  uptime: { seconds: 18_000n, nanos: 0 },
  health: Health.HEALTHY,
};
const exited = {
  ...running,
  name: "web",
  observedState: ObservedState.EXITED,
  version: "",
  uptime: undefined,
  health: Health.NONE,
  restarts: 3,
  reason: "exit code 1",
};
const service = (name: string, node: string, components: object[] = [running]) => ({
  spec: specOf(name, node),
  components,
  updatedAt: secondsOf("2026-06-01T11:00:00Z"),
});
const answering = (name: string, node: string, components?: object[]): AgentAnswers => ({
  listServices: () => ({ services: [service(name, node, components)] }),
  liveCheck: () => ({ services: [service(name, node, components)] }),
});

test("list shows the services of all nodes, from their registries alone", async () => {
  const fleet = await fleetOf({ rift: answering("ha", "rift"), orion: answering("shop", "orion", [exited]) });
  expect(await fleet.run(["list"])).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: [
      "NODE   SERVICE  COMPONENT  DESIRED  OBSERVED  VERSION  DEPLOYMENT  CHANGED",
      "rift   ha       api        running  running   v1.2.0   4           60m",
      "orion  shop     web        running  exited    -        4           60m",
      "",
    ].join("\n"),
  });
  expect(fleet.asked()).toEqual(["rift ListServices", "orion ListServices"]);
});

test("list asks for one service, or one node", async () => {
  const fleet = await fleetOf({ rift: answering("ha", "rift"), orion: answering("shop", "orion") });
  await fleet.run(["list", "ha", "--node", "rift"]);
  expect(fleet.asked()).toEqual(["rift ListServices"]);
  expect(fleet.agents.rift?.calls[0]?.request).toMatchObject({ serviceName: "ha" });
  const empty = await fleetOf({ rift: { listServices: () => ({}) } });
  expect(await empty.run(["list"])).toEqual({ exitCode: 0, stdout: "", stderr: "No services found\n" });
});

test("ps shows what runs on all nodes, with uptime and version", async () => {
  const fleet = await fleetOf({ rift: answering("ha", "rift", [running, exited]) });
  expect(await fleet.run(["ps"])).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: [
      "NODE  SERVICE  COMPONENT  STATE    HEALTH   UPTIME  VERSION  RESTARTS  REASON",
      "rift  ha       api        running  healthy  5h      v1.2.0   0",
      "rift  ha       web        exited   -        -       -        3         exit code 1",
      "",
    ].join("\n"),
  });
  expect(fleet.asked()).toEqual(["rift LiveCheck"]);
});

test("a node that is away costs its deadline alone: the others are shown, the result says that it is partial, exit code 3", async () => {
  const fleet = await fleetOf({ rift: answering("ha", "rift"), orion: null });
  const run = await fleet.run(["ps"]);
  expect(run.exitCode).toBe(3);
  expect(run.stdout).toContain("rift  ha       api");
  expect(run.stderr).toMatch(
    /^error: Node orion at 127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED\nhint: does mcp-agent run there\?.*\npartial: 1 of 2 nodes answered\n$/,
  );
});

test("a node that never answers costs --timeout, and -o json says which failed", async () => {
  const silent: AgentAnswers = {
    liveCheck: (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", reject)),
  };
  const fleet = await fleetOf({ rift: answering("ha", "rift"), orion: silent });
  const run = await fleet.run(["ps", "--timeout", "200ms", "-o", "json"]);
  expect(run.exitCode).toBe(3);
  const { nodes, errors } = JSON.parse(run.stdout);
  expect(nodes).toMatchObject([
    { node: "rift", services: [{ spec: { name: "ha" }, components: [{ name: "api", observedState: "OBSERVED_STATE_RUNNING" }] }] },
  ]);
  expect(errors).toMatchObject([{ node: "orion", code: "deadline", reason: "NODE_TOO_SLOW" }]);
});

test("where no node answers the exit code is 1", async () => {
  const fleet = await fleetOf({ rift: null, orion: null });
  expect(await fleet.run(["list"])).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.not.stringContaining("partial") });
});

test("a node whose container engine cannot be asked is known in part", async () => {
  const fleet = await fleetOf({ rift: { liveCheck: () => ({ services: [service("ha", "rift")], runtimeError: "podman is away" }) } });
  const run = await fleet.run(["ps"]);
  expect(run).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining("Node rift: the container engine could not be asked: podman is away"),
  });
});

const drift = {
  serviceName: "ha",
  component: "web",
  desiredState: DesiredState.RUNNING,
  observedState: ObservedState.EXITED,
  since: secondsOf("2026-06-01T11:55:00Z"),
  diffs: [{ field: "image", want: "localhost/web:v2", have: "localhost/web:v1" }],
};
const event = (at: string, kind: string) => ({
  at: secondsOf(at),
  serviceName: "ha",
  component: "web",
  kind,
  from: "running",
  to: "exited",
  message: "exit code 1\u001b[2J",
});
const drifting: AgentAnswers = {
  getServiceStatus: () => ({
    services: [service("ha", "rift", [running, exited])],
    drift: [drift],
    events: [event("2026-06-01T11:00:00Z", "state"), event("2026-06-01T11:55:00Z", "drift")],
  }),
};

test("status marks drift, says what differs, and shows recent events, newest first", async () => {
  const fleet = await fleetOf({ rift: drifting });
  const { exitCode, stdout, stderr } = await fleet.run(["status", "ha"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(
    [
      "   NODE  SERVICE  COMPONENT  DESIRED  OBSERVED  HEALTH   UPTIME  VERSION  REASON",
      "   rift  ha       api        running  running   healthy  5h      v1.2.0",
      "!  rift  ha       web        running  exited    -        -       -        exit code 1",
      "",
      "Drift",
      "! rift ha/web: wanted running, is exited, since 5m ago",
      "    image: wanted localhost/web:v2, is localhost/web:v1",
      "",
      "Recent events",
      "2026-06-01T11:55:00.000Z  rift  ha/web  drift  running → exited  exit code 1 [2J",
      "2026-06-01T11:00:00.000Z  rift  ha/web  state  running → exited  exit code 1 [2J",
      "",
    ].join("\n"),
  );
  expect(fleet.agents.rift?.calls[0]?.request).toMatchObject({
    serviceName: "ha",
    maxEvents: 20,
    eventsSince: { seconds: BigInt(Date.parse("2026-05-31T12:00:00Z") / 1_000) },
  });
});

test("status shows drift in red on a terminal, and nothing else in it", async () => {
  const fleet = await fleetOf({ rift: drifting });
  const { stdout } = await fleet.run(["status"], { showsColours: true });
  const red = stdout.split("\n").filter((line) => line.startsWith("\u001b[31m"));
  expect(red.map((line) => line.slice(5, 12))).toEqual(["!  rift", "! rift ", "    ima"]);
});

test("events shows what happened, oldest first", async () => {
  const fleet = await fleetOf({ rift: drifting });
  const { stdout } = await fleet.run(["events", "--since", "2h"]);
  expect(stdout.split("\n").map((line) => line.slice(0, 41))).toEqual([
    "2026-06-01T11:00:00.000Z  rift  ha/web  s",
    "2026-06-01T11:55:00.000Z  rift  ha/web  d",
    "",
  ]);
});

test("events -f goes on with events of all nodes until Ctrl-C", async () => {
  const stop = new AbortController();
  const watch = (name: string): AgentAnswers => ({
    async *watchEvents(_, { signal }) {
      yield { what: { case: "heartbeat", value: {} } };
      yield { what: { case: "event", value: { ...event("2026-06-01T11:55:00Z", "state"), serviceName: name } } };
      await new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
    },
  });
  const fleet = await fleetOf({ rift: watch("ha"), orion: watch("shop") });
  const services: string[] = [];
  const hear = (line: string) => {
    services.push(JSON.parse(line).event.serviceName);
    if (services.length === 2) stop.abort();
  };
  const { exitCode } = await fleet.run(["events", "-f", "-o", "json"], { untilInterrupted: () => stop.signal, stdout: hear });
  expect(exitCode).toBe(0);
  expect(services.sort()).toEqual(["ha", "shop"]);
});

test("a stream of events that a node ends is said, and is a failure", async () => {
  const fleet = await fleetOf({ rift: { async *watchEvents() {} } });
  const run = await fleet.run(["events", "-f"]);
  expect(run).toMatchObject({ exitCode: 1, stderr: "error: Node rift has ended its stream of events\nhint: did its agent stop?\n" });
});

test.each([
  [["ps", "HA"], "'HA' names no service"],
  [["ps", "ha/api"], "'ha/api' names a component; this is about a whole service"],
  [["status", "--since", "soon"], "'soon' is not a duration"],
  [["status", "--events", "0"], "--events '0' is no number of events"],
  [["ps", "--timeout", "0"], "--timeout 0 is out of range"],
  [["list", "-o", "yaml"], "option '-o, --output <format>' argument 'yaml' is invalid"],
])("%p is refused before anybody is asked", async (argv, message) => {
  const fleet = await fleetOf({ rift: answering("ha", "rift") });
  expect(await fleet.run(argv)).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(message) });
  expect(fleet.asked()).toEqual([]);
});

test("an unknown node is named with the nearest, and without nodes it is said how to add one", async () => {
  const fleet = await fleetOf({ rift: answering("ha", "rift") });
  expect((await fleet.run(["ps", "--node", "rfit"])).stderr).toBe(
    "error: There is no node 'rfit'\nhint: did you mean rift? nodes are rift\n",
  );
  const none = await fleetOf({});
  expect(await none.run(["ps"])).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `error: No nodes are configured\nhint: 'mcpctl node add NAME ADDRESS' writes one to ${none.config}\n`,
  });
});

test("a token that has ended, or is not there, says how to get another", async () => {
  const fleet = await fleetOf({ rift: answering("ha", "rift") });
  const ended = await fleet.run(["ps"], expired);
  expect(ended).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("hint: the token for agents may have ended; log in again: mcpctl login\n"),
  });
  const missing = await fleet.run(["ps"], loggedOut);
  expect(missing).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^error: There is no token in .*\nhint: log in: mcpctl login\n$/),
  });
});

test("nodes of the control plane are asked too; by one name the configuration's counts", async () => {
  const fleet = await fleetOf({ rift: answering("ha", "rift") });
  const other = await fleetOf({ orion: answering("shop", "orion") });
  const { address = "", certificate } = other.agents.orion ?? {};
  const api = fakeApi({
    nodes: [
      { name: "orion", description: "", address, certificate: certificate?.cert ?? null, fingerprint: null },
      { name: "rift", description: "", address: "127.0.0.1:1" },
    ],
  });
  const deps = { fetch: api.fetch, env: { MCPCTL_URL: "http://127.0.0.1:3100", MCPCTL_API_TOKEN: "mcpctl_ses_test" } };
  expect(await fleet.run(["list"], deps)).toMatchObject({
    exitCode: 0,
    stderr: "",
    stdout: expect.stringMatching(/rift {3}ha(.*\n)orion {2}shop/),
  });
  expect((await fleet.run(["node", "list"], deps)).stdout).toMatch(/rift .* config\norion .* control plane\n/);
});

test("a control plane that is away takes its nodes away with a warning, and nobody who is not logged in is bothered", async () => {
  const fleet = await fleetOf({ rift: answering("ha", "rift") });
  const away = {
    fetch: () => Promise.reject(new Error("no")),
    env: { MCPCTL_URL: "http://127.0.0.1:3100", MCPCTL_API_TOKEN: "mcpctl_ses_test" },
  };
  const warning = "warning: The nodes of the control plane are not known: mcpd at http://127.0.0.1:3100 cannot be reached";
  expect(await fleet.run(["list"], away)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("rift"),
    stderr: expect.stringContaining(warning),
  });
  const nobody = { ...away, env: { MCPCTL_URL: "http://127.0.0.1:3100" } };
  expect(await fleet.run(["list"], nobody)).toMatchObject({ exitCode: 0, stderr: "" });
});

import { afterEach, expect, test } from "bun:test";
import { DesiredState, SyncChange } from "../../api/agent/contract.ts";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { serviceText, specOf, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

const synced: AgentAnswers = {
  syncDesiredState: ({ services }) => ({
    results: services.map(({ name }) => ({ serviceName: name, change: SyncChange.CREATED, details: ["1 component"] })),
    ignoredContainers: ["old-db"],
  }),
};

async function setup(nodes: Readonly<Record<string, AgentAnswers | null>> = { rift: synced, orion: synced }) {
  const fleet = await startFleet(nodes);
  fleets.push(fleet);
  fleet.write("services/ha.toml", serviceText("ha", "rift"));
  fleet.write("services/log.toml", serviceText("log", "rift"));
  fleet.write("services/shop.toml", serviceText("shop", "orion"));
  const pushed = (node: string) =>
    (fleet.agents[node]?.calls ?? []).flatMap(({ request }) =>
      (request as { services: { name: string }[] }).services.map(({ name }) => name),
    );
  return { fleet, run: fleet.run, pushed };
}

test("sync gives each agent the services of its node, and prints what changed", async () => {
  const { run, pushed } = await setup();
  expect(await run(["sync"])).toEqual({
    exitCode: 0,
    stdout: [
      "NODE   SERVICE  CHANGE   DETAILS",
      "orion  shop     created  1 component",
      "rift   ha       created  1 component",
      "rift   log      created  1 component",
      "orion ignores containers nobody declared:  old-db",
      "rift ignores containers nobody declared:  old-db",
      "",
    ].join("\n"),
    stderr: "",
  });
  expect([pushed("rift"), pushed("orion")]).toEqual([["ha", "log"], ["shop"]]);
});

test("sync --node filters by node", async () => {
  const { run, fleet, pushed } = await setup();
  expect(await run(["sync", "--node", "orion"])).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining("rift") });
  expect([fleet.agents.rift?.calls, pushed("orion")]).toEqual([[], ["shop"]]);
  expect(await run(["sync", "--node", "vela"])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("There is no node 'vela'") });
});

test("a node without a service is asked too, so that a new one says what it has", async () => {
  const { run, fleet } = await setup({ rift: synced, orion: synced, vela: synced });
  expect(await run(["sync", "--node", "vela"])).toEqual({
    exitCode: 0,
    stdout: "vela ignores containers nobody declared:  old-db\n",
    stderr: "No services to sync\n",
  });
  expect(await run(["sync"])).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^vela ignores .*old-db$/m) });
  expect(fleet.agents.vela?.calls).toMatchObject([{ request: { services: [] } }, { request: { services: [] } }]);
});

test("sync --plan compares with what the registries have and changes nothing", async () => {
  const known = specOf("ha", "rift");
  const other = { ...specOf("log", "rift"), components: [{ name: "api", image: "localhost/log-api:v0" }] };
  const registry: AgentAnswers = { listServices: () => ({ services: [{ spec: known }, { spec: other }] }) };
  const { run, fleet } = await setup({ rift: registry, orion: { listServices: () => ({}) } });
  const { exitCode, stdout } = await run(["sync", "--plan"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /orion {2}shop {5}created\nrift {3}ha {7}unchanged\nrift {3}log {6}updated {4}-image = .*log-api:v0.*; \+image = .*log-api:v1/,
  );
  expect(fleet.asked()).toEqual(["rift ListServices", "orion ListServices"]);
});

test("a file that is not valid and a service of an unknown node are left out, said, and exit code 3", async () => {
  const { run, fleet, pushed } = await setup();
  fleet.write("services/broken.toml", 'name = "broken"\n');
  fleet.write("services/far.toml", serviceText("far", "vela"));
  const { exitCode, stderr } = await run(["sync"]);
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/error: .*broken\.toml.*\n/);
  expect(stderr).toContain("error: There is no node 'vela'\n");
  expect(pushed("rift")).toEqual(["ha", "log"]);
});

test("a node that is away leaves the others synced, and a service that an agent refuses is exit code 3", async () => {
  const away = await setup({ rift: synced, orion: null });
  expect(await away.run(["sync"])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("partial: 1 of 2 nodes answered\n") });
  const refusing: AgentAnswers = {
    syncDesiredState: () => ({ results: [{ serviceName: "shop", change: SyncChange.FAILED, error: "its path is not allowed" }] }),
  };
  const refused = await setup({ rift: synced, orion: refusing });
  expect(await refused.run(["sync"])).toMatchObject({ exitCode: 3, stdout: expect.stringContaining("its path is not allowed") });
});

test("two services that would have one container are sent to nobody", async () => {
  const { run, fleet } = await setup();
  fleet.write("services/ha-api.toml", serviceText("ha-api", "rift", ["ha-api"]));
  expect(await run(["sync"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("would both have the container 'ha-api' on rift"),
  });
  expect(fleet.asked()).toEqual([]);
});

test("a folder of services that is not there is said with where it is set", async () => {
  const { run } = await setup();
  const { exitCode, stderr } = await run(["sync"], { env: { MCP_SERVICES_DIR: "/nowhere" } });
  expect([exitCode, stderr]).toEqual([
    1,
    "error: The folder of services /nowhere cannot be read: ENOENT\nhint: services.dir of the configuration, or MCP_SERVICES_DIR, says where it is\n",
  ]);
});

const adopting: AgentAnswers = {
  adoptContainers: ({ serviceName }) => ({
    results: [
      { container: `${serviceName}-api`, component: "api", desiredState: DesiredState.RUNNING },
      { container: `${serviceName}-web`, component: "web", desiredState: DesiredState.STOPPED },
    ],
  }),
  adoptContainer: ({ container, component }) => ({ result: { container, component, desiredState: DesiredState.RUNNING } }),
};

test("adopt prints the containers that were adopted and the component names that were derived", async () => {
  const { run, fleet } = await setup({ rift: adopting });
  expect(await run(["adopt", "metacrypt"])).toEqual({
    exitCode: 0,
    stdout: ["CONTAINER      COMPONENT  DESIRED", "metacrypt-api  api        running", "metacrypt-web  web        stopped", ""].join("\n"),
    stderr: "",
  });
  expect(fleet.agents.rift?.calls).toMatchObject([{ method: "AdoptContainers", request: { serviceName: "metacrypt" } }]);
});

test("adopt takes one container under another name", async () => {
  const { run, fleet } = await setup({ rift: adopting });
  expect(await run(["adopt", "metacrypt", "--container", "old", "--component", "db", "-o", "json"])).toMatchObject({ exitCode: 0 });
  expect(fleet.agents.rift?.calls[0]?.request).toMatchObject({ serviceName: "metacrypt", container: "old", component: "db" });
  expect(await run(["adopt", "metacrypt", "--component", "db"])).toMatchObject({ exitCode: 2 });
});

test("of several nodes adopt has to be told which, unless the service's file says it", async () => {
  const { run, fleet } = await setup({ rift: adopting, orion: adopting });
  expect(await run(["adopt", "metacrypt"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: On which node are the containers?\nhint: add --node rift or --node orion\n",
  });
  await run(["adopt", "metacrypt", "--node", "orion"]);
  await run(["adopt", "ha"]);
  expect(fleet.asked()).toEqual(["rift AdoptContainers", "orion AdoptContainers"]);
});

test("a container that could not be adopted says why; exit code 3, and 1 where none was", async () => {
  const bad = { container: "ha-web", component: "web", error: "it is another service's" };
  const good = { container: "ha-api", component: "api", desiredState: DesiredState.RUNNING };
  const partly = await setup({ rift: { adoptContainers: () => ({ results: [good, bad] }) } });
  expect(await partly.run(["adopt", "ha"])).toMatchObject({ exitCode: 3, stderr: "error: ha-web: it is another service's\n" });
  const none = await setup({ rift: { adoptContainers: () => ({ results: [bad] }) } });
  expect(await none.run(["adopt", "ha"])).toMatchObject({ exitCode: 1 });
  const nothing = await setup({ rift: { adoptContainers: () => ({}) } });
  expect(await nothing.run(["adopt", "ha"])).toEqual({ exitCode: 0, stdout: "", stderr: "No container goes by that name\n" });
});

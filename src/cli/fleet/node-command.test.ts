import { afterEach, expect, test } from "bun:test";
import { parse } from "smol-toml";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { secondsOf, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

async function setup(nodes: Readonly<Record<string, AgentAnswers | null>> = { rift: {} }) {
  const fleet = await startFleet(nodes);
  fleets.push(fleet);
  const names = () => ((parse(fleet.read("mcp.toml")) as { nodes?: { name: string }[] }).nodes ?? []).map(({ name }) => name);
  return { fleet, run: fleet.run, names, file: () => fleet.read("mcp.toml") };
}

test("node list shows the nodes of the configuration", async () => {
  const { run, fleet } = await setup();
  const { address, certificate } = fleet.agents.rift ?? { address: "", certificate: { fingerprint: "" } };
  const { stdout, exitCode } = await run(["node", "list"]);
  expect(exitCode).toBe(0);
  expect(stdout.split("\n")[1]).toMatch(new RegExp(`^rift {2}${address} +${certificate.fingerprint.slice(0, 23)}… {2}config$`));
  expect(JSON.parse((await run(["node", "list", "-o", "json"])).stdout)).toMatchObject({
    nodes: [{ name: "rift", address, source: "config" }],
  });
  expect(fleet.asked()).toEqual([]);
});

test("node add appends [[nodes]] to the file with the certificate that was agreed to, and commands reach the node by it", async () => {
  const other = await setup({ orion: { listServices: () => ({}) } });
  const { run, fleet, file, names } = await setup({});
  fleet.write("mcp.toml", "# Mine.\n");
  const { address, certificate } = other.fleet.agents.orion ?? { address: "", certificate: { fingerprint: "" } };
  const prompts: string[] = [];
  const ask = (answer: string) => ({
    isTerminal: true,
    readLine: async (prompt: string) => {
      prompts.push(prompt);
      return answer;
    },
  });
  expect(await run(["node", "add", "orion", address], ask("n"))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("error: The node was not added\n"),
  });
  expect(file()).toBe("# Mine.\n");
  const { exitCode, stdout, stderr } = await run(["node", "add", "orion", address], ask("yes"));
  expect(stderr).toBe(
    `${address} shows a certificate of 'agent', valid until Jan  1 00:00:00 2049 GMT\n  sha256:${certificate.fingerprint}\n`,
  );
  expect([exitCode, stdout]).toEqual([0, `Node orion added to ${fleet.config}, trusted by sha256:${certificate.fingerprint}\n`]);
  expect(prompts).toEqual(["Is that the node's certificate? [y/N] ", "Is that the node's certificate? [y/N] "]);
  expect(file()).toBe(`# Mine.\n\n[[nodes]]\nname = "orion"\naddress = "${address}"\nfingerprint = "sha256:${certificate.fingerprint}"\n`);
  expect(names()).toEqual(["orion"]);
  expect(await run(["list"])).toMatchObject({ exitCode: 0, stderr: "No services found\n" });
});

test("without a person a certificate is pinned only where that is asked for", async () => {
  const { run, fleet, names } = await setup();
  const address = fleet.agents.rift?.address ?? "";
  expect(await run(["node", "add", "two", address])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("compare it, then add --accept-fingerprint"),
  });
  expect(names()).toEqual(["rift"]);
  expect(await run(["node", "add", "two", address, "--accept-fingerprint"])).toMatchObject({ exitCode: 0 });
  expect(names()).toEqual(["rift", "two"]);
});

test("with a fingerprint, an authority or --no-pin the node is not asked; the first node makes the file", async () => {
  const { run, fleet, names } = await setup({});
  const config = `${fleet.folder}/new/mcp.toml`;
  const add = (...argv: string[]) => run(["node", "add", ...argv], { env: { MCP_CONFIG: config } });
  expect(await add("vela", "h", "--fingerprint", "AB:".repeat(31).concat("AB"))).toMatchObject({ exitCode: 0 });
  expect(await add("lyra", "h:1", "--ca", "/ca.pem")).toMatchObject({ exitCode: 0 });
  expect(await add("mira", "[::1]", "--no-pin")).toMatchObject({ exitCode: 0 });
  const { nodes } = parse(fleet.read("new/mcp.toml")) as { nodes: object[] };
  expect(nodes).toEqual([
    { name: "vela", address: "h", fingerprint: `sha256:${"ab".repeat(32)}` },
    { name: "lyra", address: "h:1", ca: "/ca.pem" },
    { name: "mira", address: "[::1]" },
  ]);
  expect(names()).toEqual([]);
});

test.each([
  [["rift", "h"], 1, "has a node rift already"],
  [["a b", "h"], 2, "nodes.1.name must be 2-63 of a-z"],
  [["lyra", "http://h"], 2, "'http://h' is no address of an agent"],
  [["lyra", "h", "--fingerprint", "abc"], 2, "The fingerprint is no SHA-256 of a certificate"],
  [["lyra", "127.0.0.1:1"], 1, "Node lyra at 127.0.0.1:1 cannot be reached: ECONNREFUSED"],
])("node add %p is refused, and the file stays", async (argv, exitCode, message) => {
  const { run, file } = await setup();
  const before = file();
  expect(await run(["node", "add", ...argv])).toMatchObject({ exitCode, stdout: "", stderr: expect.stringContaining(message) });
  expect(file()).toBe(before);
});

test("node remove takes the named [[nodes]] out, and the file's other text stays", async () => {
  const { run, fleet, file, names } = await setup({ rift: {}, orion: {} });
  fleet.write("mcp.toml", `# Mine.\n[services]\ndir = "s" # here\n\n${file()}`);
  expect(await run(["node", "remove", "rift"])).toEqual({ exitCode: 0, stdout: `Node rift removed from ${fleet.config}\n`, stderr: "" });
  expect(names()).toEqual(["orion"]);
  expect(file()).toStartWith('# Mine.\n[services]\ndir = "s" # here\n\n[[nodes]]\nname = "orion"\n');
  expect(await run(["node", "remove", "orino"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("has no node 'orino'\nhint: did you mean orion?\n"),
  });
});

test("a changed certificate of a pinned node is not spoken to", async () => {
  const { run, fleet } = await setup();
  fleet.write("mcp.toml", `[[nodes]]\nname = "rift"\naddress = "${fleet.agents.rift?.address}"\nfingerprint = "${"ab".repeat(32)}"\n`);
  expect(await run(["ps"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("Node rift shows another certificate than the pinned one"),
  });
  expect(fleet.asked()).toEqual([]);
});

test("node status asks all nodes, or one, and says what is wrong with them", async () => {
  const status: AgentAnswers = {
    nodeStatus: () => ({
      nodeName: "rift",
      agentVersion: "0.1.0",
      startedAt: secondsOf("2026-05-30T12:00:00Z"),
      runtime: { name: "podman", version: "4.3.1", driver: "libpod" },
      components: { running: 3, exited: 1 },
      certificateExpiresAt: secondsOf("2026-06-11T12:00:00Z"),
      diskFreeBytes: 3n * 1024n ** 3n,
      problems: ["the clock is 40 s off"],
      undeclaredContainers: ["by-hand", "old-db"],
    }),
  };
  const { run } = await setup({ rift: status, orion: null });
  const { exitCode, stdout, stderr } = await run(["node", "status"]);
  expect(exitCode).toBe(3);
  expect(stdout).toBe(
    [
      "NODE  AGENT  UP  RUNTIME       RUNNING  OTHERS    DISK FREE  CERTIFICATE ENDS  DEPLOYS",
      "rift  0.1.0  2d  podman 4.3.1  3        1 exited  3.0 GiB    in 10d            taken",
      "rift: nobody has declared by-hand, old-db",
      "",
    ].join("\n"),
  );
  expect(stderr).toContain("warning: rift: the clock is 40 s off\n");
  expect(await run(["node", "status", "rift"])).toMatchObject({ exitCode: 0 });
});

test("node drain has a node take no more deploys, until it is undone", async () => {
  const drain: AgentAnswers = {
    drain: ({ undo }) => ({ drained: !undo, results: undo ? [] : [{ component: "ha/api", ok: true, action: "stopped" }] }),
  };
  const { run, fleet } = await setup({ rift: drain });
  expect(await run(["node", "drain", "rift", "--stop", "--limit", "5m"])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("Node rift takes no deploys\n"),
  });
  expect(fleet.agents.rift?.calls[0]?.request).toMatchObject({ stopComponents: true, undo: false, limit: { seconds: 300n } });
  expect(await run(["node", "drain", "rift", "--undo"])).toMatchObject({ exitCode: 0, stdout: "Node rift takes deploys\n" });
  expect(await run(["node", "drain", "vela"])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("There is no node 'vela'") });
});

test("node snapshot has the agent write a copy of its registry, and says where it is", async () => {
  const { run, fleet } = await setup({ rift: { runSnapshot: () => ({ path: "/srv/mcp/backups/a.db", size: 4096n }) } });
  expect(await run(["node", "snapshot", "rift"])).toEqual({
    exitCode: 0,
    stdout: "rift: /srv/mcp/backups/a.db (4096 bytes)\n",
    stderr: "",
  });
  expect(JSON.parse((await run(["node", "snapshot", "rift", "-o", "json"])).stdout)).toEqual({
    path: "/srv/mcp/backups/a.db",
    size: "4096",
  });
  expect(fleet.asked()).toEqual(["rift RunSnapshot", "rift RunSnapshot"]);
  expect(await run(["node", "snapshot", "rfit"])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("did you mean rift?") });
});

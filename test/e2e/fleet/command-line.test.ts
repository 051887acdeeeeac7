/** Every command for the fleet and every RPC of an agent, on a real podman: what is printed, what is recorded, and what runs. */
import { expect } from "bun:test";
import { chmodSync, copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import { openSqliteRegistry } from "../../../src/agent/registry/sqlite/sqlite-registry.ts";
import { AgentClient } from "../../../src/api/agent/agent-client.ts";
import { BARE_DEPS } from "../../../src/cli/captured-cli.fixture.ts";
import { createProgram } from "../../../src/cli/program.ts";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { RealFleet } from "../support/real-fleet.ts";
import { waitUntil } from "../support/wait-until.ts";

const LIMIT_MS = 90_000;
const fleet = new RealFleet("verbs");
const { prefix } = fleet.containers;
const service = `${prefix}a`;
const version = (name: string) => fleet.containers.serverVersion(name);
const idOf = (container: string) => fleet.inspect(container, "{{.Id}} {{.State.StartedAt}}");
const file = () => readFileSync(fleet.serviceFile(service), "utf8");

const definition = (api: string, web: string) => `# Our shop.
name = "${service}"
node = "${fleet.node}"

[[components]]
name = "web"
image = "${web}"
depends_on = ["api"] # it calls it

[[components]]
name = "api"
image = "${api}"

[components.healthcheck]
mcp = "/mcp"
port = 8080
`;

requiresPodman(
  "deploy, list, ps and status agree with podman; one component is deployed alone; stop, start and restart do what they say to the file",
  async () => {
    await fleet.start();
    const [v1, v2] = [await version("v1"), await version("v2")];
    fleet.writeService(service, definition(v1, v1));
    expect(await fleet.ok(fleet.mcpctl(["service", "validate"]))).toContain(service);
    expect(await fleet.ok(fleet.mcpctl(["plan", service]))).toBe("web: create\napi: create\n");
    expect(await fleet.ok(fleet.mcpctl(["deploy", service]))).toMatch(
      /^api +deployed +v1 +sha256:\w+ +1\nweb +deployed +v1 +sha256:\w+ +1\n$/m,
    );
    expect(await fleet.states(service)).toEqual([`${service}-api running`, `${service}-web running`]);
    const hardening = await fleet.inspect(
      `${service}-api`,
      '{{.HostConfig.CapDrop}} {{.HostConfig.RestartPolicy.Name}} {{index .Config.Labels "io.mcpctl.component"}}',
    );
    expect(hardening).toMatch(/CAP_CHOWN.* no api$/);
    expect(await Promise.all(["list", "ps", "plan"].map((command) => fleet.ok(fleet.mcpctl([command, service]))))).toEqual([
      expect.stringMatching(new RegExp(`^rift +${service} +api +running +running +v1 +1 `, "m")),
      expect.stringMatching(new RegExp(`^rift +${service} +api +running +healthy +\\d+s +v1 +0`, "m")),
      "web: no change\napi: no change\n",
    ]);

    const web = await idOf(`${service}-web`);
    fleet.writeService(service, definition(v2, v2));
    expect(await fleet.ok(fleet.mcpctl(["deploy", `${service}/api`, "-o", "json"]))).toContain('"deployed"');
    expect(await idOf(`${service}-web`)).toBe(web);
    expect(await fleet.inspect(`${service}-api`, "{{.ImageName}}")).toBe(v2);
    expect(await fleet.ok(fleet.mcpctl(["rollback", `${service}/api`, "--to", "1"]))).toMatch(/^api +rolled back +v1 .* 1$/m);
    expect(await fleet.inspect(`${service}-api`, "{{.ImageName}}")).toBe(v1);

    expect(await fleet.ok(fleet.mcpctl(["stop", service]))).toMatch(/^web +stopped .*\napi +stopped /m);
    expect(file()).toBe(definition(v2, v2).replace('node = "rift"\n', 'node = "rift"\nactive = false\n'));
    expect((await fleet.states(service)).filter((each) => each.endsWith("running"))).toEqual([]);
    expect(await fleet.ok(fleet.mcpctl(["list", service]))).toMatch(/api +stopped +stopped /);
    expect(await fleet.ok(fleet.mcpctl(["start", service]))).toMatch(/^api +started .*\nweb +started /m);
    expect(file()).toContain("active = true\n");
    const [api, before] = [await idOf(`${service}-api`), file()];
    expect(await fleet.ok(fleet.mcpctl(["restart", `${service}/api`]))).toMatch(/^api +restarted /m);
    expect([(await idOf(`${service}-api`)) === api, file()]).toEqual([false, before]);
    expect(await fleet.ok(fleet.mcpctl(["stop", `${service}/web`]))).toMatch(/^web +stopped /m);
    expect([await fleet.inspect(`${service}-web`, "{{.State.Status}}"), file()]).toEqual(["exited", before]);
    await podman("start", `${service}-web`);
    await waitUntil(
      "what should not run is stopped",
      async () => (await fleet.inspect(`${service}-web`, "{{.State.Status}}")) === "exited",
    );
    await podman("stop", "--time", "0", `${service}-api`);
    await waitUntil("what should run runs", async () => (await fleet.inspect(`${service}-api`, "{{.State.Status}}")) === "running");
  },
  LIMIT_MS,
);

requiresPodman(
  "drift that somebody has made by hand is named field by field, and a deploy puts it right",
  async () => {
    const container = `${service}-api`;
    const text = definition(await version("v1"), await version("v1")).replace('name = "api"', 'name = "api"\nenv = { MODE = "good" }');
    // What is made by hand would be healed before it can be looked at.
    fleet.writeService(service, text.replace("\n\n", '\nself_heal = "alert"\n\n'));
    await fleet.ok(fleet.mcpctl(["deploy", service]));
    const labels = JSON.parse(await fleet.inspect(container, "{{json .Config.Labels}}")) as Record<string, string>;
    const words = Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
    await podman("rm", "--force", "--time", "0", container);
    await podman("run", "--detach", "--replace", "--name", container, ...words, "--env", "MODE=bad", await version("v1"));
    await waitUntil("its drift is seen", async () => (await fleet.ok(fleet.mcpctl(["status", service]))).includes("env.MODE"));
    const status = await fleet.ok(fleet.mcpctl(["status", service]));
    expect(status).toMatch(new RegExp(`^! +rift +${service} +api `, "m"));
    expect(status).toMatch(/^ {4}env\.MODE: wanted good, is bad$/m);
    expect(await fleet.ok(fleet.mcpctl(["plan", service]))).toMatch(/^api: replace.*\n[\s\S]* {4}env\.MODE: bad → good$/m);
    await fleet.ok(fleet.mcpctl(["deploy", service]));
    expect((await fleet.json("status", service)).nodes[0].drift).toEqual([]);
    expect(await fleet.inspect(container, "{{.Config.Env}}")).toContain("MODE=good");
  },
  LIMIT_MS,
);

requiresPodman(
  "logs go on across a replacement, events are told as they come, exec passes on output, input and exit code, and files go in and out",
  async () => {
    const logs = fleet.spawnMcpctl("logs", `${service}/api`, "-f");
    const events = fleet.spawnMcpctl("events", service, "-f");
    await logs.said(/^version v1 listens on 8080$/m);
    await events.said(/^\S+ +rift +\S+\/api +deployed /m);
    const before = events.stdout.length;
    fleet.writeService(service, definition(await version("v3"), await version("v3")));
    await fleet.ok(fleet.mcpctl(["deploy", service]));
    await logs.said(/^version v3 listens on 8080$/m);
    await waitUntil("the deploy is told", () => /\/api +deployed +d\d+ → d\d+ +deploy of .*:v3 by admin/.test(events.stdout.slice(before)));
    for (const program of [logs, events]) program.signal("SIGINT");
    expect([await logs.ended(), await events.ended()]).toEqual([0, 0]);

    const exec = (...words: readonly string[]) => fleet.mcpctl(["exec", `${service}/api`, "--", "/server", ...words]);
    expect(await exec("print", "one  two", "$HOME")).toEqual({ exitCode: 0, stdout: "one  two $HOME\n", stderr: "" });
    expect(await exec("complain", "no")).toEqual({ exitCode: 0, stdout: "", stderr: "no\n" });
    expect(await exec("exit", "7")).toMatchObject({ exitCode: 7 });
    expect(await fleet.mcpctl(["exec", `${service}/api`, "-i", "--", "/server", "cat"], "in\nand out")).toMatchObject({
      exitCode: 0,
      stdout: "in\nand out",
    });

    writeFileSync(fleet.scratch.path("app.conf"), "size = 1\n");
    await fleet.ok(fleet.mcpctl(["push", "app.conf", service, "etc/app.conf", "--mode", "0640"]));
    const there = fleet.agentFile(`services/${service}/etc/app.conf`);
    expect([readFileSync(there, "utf8"), statSync(there).mode & 0o777]).toEqual(["size = 1\n", 0o640]);
    expect(await fleet.ok(fleet.mcpctl(["pull", service, "etc/app.conf", "-"]))).toBe("size = 1\n");
    await fleet.ok(fleet.mcpctl(["pull", service, "etc/app.conf", "back.conf"]));
    expect([readFileSync(fleet.scratch.path("back.conf"), "utf8"), statSync(fleet.scratch.path("back.conf")).mode & 0o777]).toEqual([
      "size = 1\n",
      0o640,
    ]);
    expect(await fleet.mcpctl(["push", "app.conf", service, "../app.conf"])).toMatchObject({
      exitCode: expect.any(Number),
      stderr: expect.stringMatching(/^error: /),
    });
  },
  LIMIT_MS,
);

requiresPodman(
  "sync records what should run and starts nothing; what podman has made is adopted as it is, shown, exported and edited",
  async () => {
    const [synced, found] = [`${prefix}s`, `${prefix}f`];
    const image = await version("v1");
    await podman("run", "--detach", "--name", `${found}-api`, "--env", "A=b", image);
    await podman("create", "--name", `${found}-web`, image);
    const running = await idOf(`${found}-api`);
    const text = (of: string) => `name = "${synced}"\nnode = "${fleet.node}"\n\n[[components]]\nname = "api"\nimage = "${of}"\n`;
    fleet.writeService(synced, text(image));
    expect(await fleet.ok(fleet.mcpctl(["sync", "--plan"]))).toMatch(new RegExp(`^rift +${synced} +created`, "m"));
    const first = await fleet.ok(fleet.mcpctl(["sync"]));
    expect(first).toMatch(new RegExp(`^rift +${synced} +created`, "m"));
    expect(first).toMatch(new RegExp(`^rift ignores .*${found}-api, ${found}-web`, "m"));
    expect(await fleet.ok(fleet.mcpctl(["list", synced]))).toMatch(/api +running +unknown /);
    expect(await fleet.states(synced)).toEqual([]);
    fleet.writeService(synced, text(await version("v2")));
    expect(await fleet.ok(fleet.mcpctl(["sync", "--node", "rift"]))).toMatch(new RegExp(`^rift +${synced} +updated +.*image`, "m"));

    expect(await fleet.ok(fleet.mcpctl(["adopt", found, "--node", "rift"]))).toMatch(
      new RegExp(`^${found}-api +api +running\n${found}-web +web +stopped$`, "m"),
    );
    expect(await fleet.ok(fleet.mcpctl(["service", "show", found]))).toContain(`A = "b"`);
    await fleet.ok(fleet.mcpctl(["service", "export", found]));
    expect(readFileSync(fleet.serviceFile(found), "utf8")).toContain(`node = "rift"`);
    const plan = await fleet.ok(fleet.mcpctl(["plan", `${found}/api`]));
    expect([plan, await idOf(`${found}-api`)]).toEqual([
      expect.stringMatching(/^api: no change\napi is looser than the default:/),
      running,
    ]);
    await podman("run", "--detach", "--name", `${prefix}-bare`, image);
    await fleet.ok(fleet.mcpctl(["adopt", found, "--node", "rift", "--container", `${prefix}-bare`, "--component", "db"]));
    expect(await fleet.states(`${found}-db`)).toEqual([`${found}-db running`]);

    const editor = fleet.scratch.path("editor");
    writeFileSync(editor, '#!/bin/sh\necho "# edited" >>"$1"\n');
    chmodSync(editor, 0o700);
    const edited = await fleet.mcpctl(["service", "edit", found], undefined, { EDITOR: `'${editor}'`, VISUAL: "" });
    expect({ ...edited, file: readFileSync(fleet.serviceFile(found), "utf8") }).toMatchObject({
      exitCode: 0,
      file: expect.stringContaining("# edited"),
    });
  },
  LIMIT_MS,
);

requiresPodman(
  "nodes are listed, asked, drained and taken out; an image is run in one line; operations are shown with their steps",
  async () => {
    expect(await fleet.ok(fleet.mcpctl(["node", "list"]))).toMatch(new RegExp(`^rift +${fleet.address} +sha256:.* config$`, "m"));
    expect(await fleet.ok(fleet.mcpctl(["node", "status"]))).toMatch(/^rift .*podman 4/m);
    expect(await fleet.ok(fleet.mcpctl(["node", "drain", "rift"]))).toContain("rift");
    expect(await fleet.mcpctl(["deploy", service])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("drained") });
    await fleet.ok(fleet.mcpctl(["node", "drain", "rift", "--undo"]));

    const certificate = readFileSync(fleet.agentFile("cert.pem"), "utf8");
    await fleet.ok(fleet.mcpctl(["create", "node", "rift", fleet.address, "--certificate-stdin"], certificate));
    expect(await fleet.ok(fleet.mcpctl(["run", await version("v1"), "--name", `${prefix}r`, "--project", "demo"]))).toContain(
      `server/${prefix}r created`,
    );
    expect(await fleet.states(`${prefix}r`)).toEqual([`${prefix}r running`]);

    const { id } = (await fleet.json("ops", "--service", service)).nodes[0].operations[0];
    expect(await fleet.ok(fleet.mcpctl(["ops"]))).toMatch(new RegExp(`^${id} +rift +deploy +${service} +succeeded .* admin$`, "m"));
    const steps = await fleet.ok(fleet.mcpctl(["ops", id]));
    expect(steps).toMatch(/^ {2}api: waiting until it is healthy done \(healthy at look \d+: /m);

    expect(await fleet.ok(fleet.mcpctl(["node", "snapshot", "rift"]))).toContain("rift");
    await fleet.ok(fleet.mcpctl(["service", "remove", `${prefix}r`, "--yes"]));
    await fleet.ok(fleet.mcpctl(["node", "remove", "rift"]));
    expect(await fleet.ok(fleet.mcpctl(["node", "list"]))).toMatch(/^rift .* its certificate +control plane$/m);
    expect(await fleet.ok(fleet.mcpctl(["ps", service]))).toMatch(/api +running /);
  },
  LIMIT_MS,
);

requiresPodman(
  "what the registry has is what the commands have done; every command and every RPC was among them",
  async () => {
    const token = readFileSync(fleet.scratch.path("home/.config/mcp/token"), "utf8").trim();
    const [host = "", port] = fleet.address.split(":");
    const ca = readFileSync(fleet.agentFile("cert.pem"), "utf8");
    const client = new AgentClient({ node: "rift", address: { host, port: Number(port) }, ca }, { token });
    const { path } = await client.call((rpc, options) => rpc.runSnapshot({}, options));
    client.close();
    expect(await fleet.states(`${prefix}r`)).toEqual([]);

    const copy = fleet.scratch.path("copy.db");
    copyFileSync(path, copy);
    const registry = openSqliteRegistry(copy);
    const components = await registry.components({ service });
    const deployments = await registry.deployments(service, "api");
    await registry.close();
    const [web, api] = components;
    expect([api, web]).toMatchObject([
      { name: "api", desired: "running", observed: "running", version: "v3", spec: { image: await version("v3") } },
      { name: "web", desired: "running", observed: "running", version: "v3" },
    ]);
    expect(deployments.find(({ number }) => number === api?.deployment)).toMatchObject({
      by: "admin",
      imageDigest: expect.stringMatching(/^sha256:/),
    });
    expect(await fleet.inspect(`${service}-api`, "{{.Id}}")).toBe(api?.containerId ?? "");

    const called = readFileSync(fleet.agentFile("audit.log"), "utf8")
      .trim()
      .split("\n")
      .map((line) => String(JSON.parse(line).method));
    const rpcs = McpAgentService.methods.map(({ name }) => name);
    expect(rpcs.filter((name) => !called.some((method) => method.endsWith(name)))).toEqual([]);
    const commands = fleetCommands(await createProgram({ ...BARE_DEPS, stdout: () => {}, stderr: () => {} }));
    expect(commands.length).toBeGreaterThan(25);
    expect(commands.filter((words) => !fleet.hasRun(words))).toEqual([]);
  },
  LIMIT_MS,
);

/** `deploy`, `node add`: what takes the configuration of the fleet. */
function fleetCommands(program: Command, before = ""): readonly string[] {
  return program.commands.flatMap((command) => {
    const words = `${before}${command.name()}`;
    const isOne = command.options.some(({ long }) => long === "--config") && words !== "up";
    return [...(isOne ? [words] : []), ...fleetCommands(command, `${words} `)];
  });
}

/** An MCP server is replaced, broken, and put back while it is called through the gateway, by the programs that people run. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { freePort } from "../support/free-port.ts";
import { McpCaller } from "../support/mcp-caller.ts";
import { RealFleet } from "../support/real-fleet.ts";
import { SteadyCalls } from "../support/steady-calls.ts";
import { waitUntil } from "../support/wait-until.ts";

const LIMIT_MS = 120_000;
const fleet = new RealFleet("load");
const service = fleet.containers.prefix;
const container = `${service}-api`;

const definition = (image: string, more = "") => `name = "${service}"
node = "${fleet.node}"

[[components]]
name = "api"
image = "${image}"
${more}
[components.healthcheck]
mcp = "/mcp"
port = 8080
`;

requiresPodman(
  "under 50 calls a second no call fails while a version is replaced, a broken one is rolled back by itself, and one by hand",
  async () => {
    await fleet.start();
    const { containers } = fleet;
    const noMcp = { env: { SERVER_MODE: "no-mcp" } };
    const versions = [containers.serverVersion("v1"), containers.serverVersion("v2"), containers.serverVersion("v3", noMcp)] as const;
    const [v1, v2, broken] = await Promise.all(versions);

    fleet.writeService(service, definition(v1));
    await fleet.ok(fleet.mcpctl(["deploy", service]));
    const certificate = readFileSync(fleet.agentFile("cert.pem"), "utf8");
    await fleet.ok(fleet.mcpctl(["create", "node", fleet.node, fleet.address, "--certificate-stdin"], certificate));
    await fleet.ok(fleet.mcpctl(["create", "server", "ha", "--service", `${service}/api`, "--port", "8080", "--project", "demo"]));
    const { url, token } = fleet.ready;
    const first = await McpCaller.open(url, token);
    await waitUntil("the component is called through the gateway", async () => (await first.toolNames()).includes("ha__version"));

    const calls = await SteadyCalls.start({ url, token, sessions: 5, tool: "ha__version", perSecond: 50 });
    await waitUntil("version 1 is called", () => calls.answered >= 50);
    fleet.writeService(service, definition(v2));
    expect(await fleet.ok(fleet.mcpctl(["plan", service]))).toContain("api: replace, start-first\n");
    expect(await fleet.ok(fleet.mcpctl(["deploy", service]))).toMatch(/^api +deployed +v2 +sha256:[0-9a-f]+ +2$/m);
    expect(calls.failures).toEqual([]);
    expect([...calls.answers.keys()].sort()).toEqual(["v1", "v2"]);

    calls.restart();
    const before = await fleet.inspect(container, "{{.Id}} {{.State.Pid}}");
    fleet.writeService(service, `${definition(broken)}deadline = "1s"\ntimeout = "1s"\n`);
    const failed = await fleet.mcpctl(["deploy", service]);
    expect(failed).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^api +rolled back /m) });
    expect(failed.stderr).toMatch(
      /^error: api: The new container failed its health gate, it was not healthy within 1 s \(layer answer: .*the version before serves$/m,
    );
    expect(failed.stderr).toContain(`error: The deploy of ${service} failed, and what was there before is there again\n`);
    expect(await fleet.inspect(container, "{{.Id}} {{.State.Pid}}")).toBe(before);
    expect(await fleet.states(service)).toEqual([`${container} running`, `${container}.d1 exited`]);
    expect((await fleet.json("ops", "--service", service)).nodes[0].operations[0]).toMatchObject({ state: "OPERATION_STATE_ROLLED_BACK" });
    expect(calls.failures).toEqual([]);
    // A call that was under way at the first version may have been answered after the deploy was over.
    expect([...calls.answers.keys()]).toEqual(["v2"]);

    calls.restart();
    await podman("rmi", v1);
    expect(await fleet.ok(fleet.mcpctl(["rollback", service]))).toMatch(/^api +rolled back +v1 .* 1$/m);
    expect([...calls.answers.keys()].sort()).toEqual(["v1", "v2"]);
    calls.restart();
    await waitUntil("version 1 is called again", () => calls.answered >= 50);
    await calls.stop();
    expect(calls.failures).toEqual([]);
    expect([...calls.answers.keys()]).toEqual(["v1"]);
  },
  LIMIT_MS,
);

requiresPodman(
  "with a fixed port of the node the old version stops first: the plan says why, the deploy how long nothing served, and it is back after a failure",
  async () => {
    const port = await freePort();
    const name = `${service}p`;
    const ports = `ports = ["127.0.0.1:${port}:8080"]\nstop_timeout = "2s"\n`;
    const of = (image: string, more = "") => `${definition(image, ports).replace(service, name)}${more}`;
    const version = () =>
      // What is sent to an address that is just gone is never answered.
      fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(300) }).then(
        async (response) => ((await response.json()) as { version: string }).version,
        () => "nothing",
      );
    fleet.writeService(name, of(await fleet.containers.serverVersion("p1")));
    await fleet.ok(fleet.mcpctl(["deploy", name]));
    expect(await version()).toBe("p1");

    fleet.writeService(name, of(await fleet.containers.serverVersion("p2")));
    expect(await fleet.ok(fleet.mcpctl(["plan", name]))).toMatch(new RegExp(`^api: replace, stop-first .*${port}`, "m"));
    const seen = await during(version, () => fleet.mcpctl(["deploy", name]));
    expect(seen.result).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^note: api: nothing served it for \d+\.\d s$/m) });
    // Never the old one again, and never both.
    expect(seen.changes.filter((each) => each !== "nothing")).toEqual(["p1", "p2"]);

    const broken = await fleet.containers.serverVersion("p3", { env: { SERVER_MODE: "no-mcp" } });
    fleet.writeService(name, of(broken, 'deadline = "1s"\ntimeout = "1s"\n'));
    const failed = await fleet.mcpctl(["deploy", name]);
    expect(failed).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error: api: .*the version before serves; nothing served it for \d+\.\d s$/m),
    });
    await waitUntil("the old one is back", async () => (await version()) === "p2");
    expect(await fleet.states(name)).toEqual([`${name}-api running`, `${name}-api.d1 exited`]);
  },
  LIMIT_MS,
);

/** What a look says, each time that it says something else, while something is done. */
async function during<T>(
  look: () => Promise<string>,
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly changes: readonly string[] }> {
  const changes: string[] = [];
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const seen = await look();
      if (changes.at(-1) !== seen) changes.push(seen);
    }
    const last = await look();
    if (changes.at(-1) !== last) changes.push(last);
  })();
  const result = await act();
  isOver = true;
  await looking;
  return { result, changes };
}

/** `mcpctl up` with an agent of this machine, and what a person does with it first. */
import { afterAll, expect } from "bun:test";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { requiresPodman } from "../../support/podman/run-podman.ts";
import { McpCaller } from "../support/mcp-caller.ts";
import { programPath } from "../support/program-path.ts";
import { Scratch } from "../support/scratch.ts";
import { waitUntil } from "../support/wait-until.ts";

const LIMIT_MS = 120_000;
const scratch = new Scratch("up-agent");
const containers = podmanScratch();
const name = containers.prefix;
afterAll(() => containers.removeContainers());

async function mcpctl(argv: readonly string[], stdin = "") {
  const home = scratch.path("home");
  const child = Bun.spawn([programPath("mcpctl"), ...argv], {
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home },
    stdin: new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, exitCode };
}

requiresPodman(
  "an image is run in one line: hardened, called through the gateway, put right when it dies, and there after a restart",
  async () => {
    const up = scratch.upWithReadyFile("up", { env: { MCPCTL_UP_AGENT: "on" } });
    const ready = await up.ready();
    const { username = "", password = "" } = ready.admin ?? {};
    const logIn = await mcpctl(["login", "--url", ready.api, "--username", username, "--password-stdin"], password);
    expect(logIn).toMatchObject({ exitCode: 0 });
    const nodes = await mcpctl(["node", "list", "-o", "json"]);
    expect(JSON.parse(nodes.stdout)).toMatchObject({ nodes: [{ source: "control plane" }] });

    const image = await containers.serverVersion("1");
    const run = await mcpctl(["run", image, "--name", name, "--profile", "stateless", "-p", "demo"]);
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toContain(`server/${name} created`);
    const shown = await mcpctl(["get", "servers", "-o", "json"]);
    expect(shown.stdout).toContain('"component"');

    const caller = await McpCaller.open(ready.url, ready.token);
    const version = () => caller.call(`${name}__version`).then(({ json }) => json.result?.content?.[0]?.text as string | undefined);
    await waitUntil("the component is called through the gateway", async () => ((await version()) === "1" ? true : undefined), 60_000);
    // A root that may be written would let it.
    const written = await caller.call(`${name}__write`, { path: "/x", text: "x" });
    expect(written.json.result).toMatchObject({ isError: true });

    await Bun.$`podman kill ${name}`.quiet();
    await waitUntil("it was put right", async () => / heal /.test((await mcpctl(["ops"])).stdout) || undefined);
    await waitUntil("it answers again", async () => ((await version().catch(() => undefined)) === "1" ? true : undefined), 60_000);

    expect(await up.stop()).toBe(0);
    const again = scratch.upWithReadyFile("up", { env: { MCPCTL_UP_AGENT: "on" } });
    const second = await again.ready();
    const after = await McpCaller.open(second.url, second.token);
    await waitUntil("it is called after the restart", async () => {
      const { json } = await after.call(`${name}__version`);
      return json.result?.content?.[0]?.text === "1" ? true : undefined;
    });
    expect(await again.stop()).toBe(0);
  },
  LIMIT_MS,
);

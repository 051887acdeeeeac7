/** A component that ends whenever it is started: how often that is tried, who is told, and that a stop is a stop. */
import { expect } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { RealFleet } from "../support/real-fleet.ts";
import { waitUntil } from "../support/wait-until.ts";

const LIMIT_MS = 90_000;
const fleet = new RealFleet("crash");
const { prefix } = fleet.containers;
const [service, other] = [`${prefix}a`, `${prefix}b`];

const definition = (name: string, image: string) => `name = "${name}"
node = "${fleet.node}"

[[components]]
name = "api"
image = "${image}"
volumes = ["${fleet.agentFile(`services/${name}/data`)}:/data:ro"]
`;

/** Ends at each start where `data/broken` is there. */
async function deploy(name: string, image: string): Promise<void> {
  fleet.writeService(name, definition(name, image));
  await push(name, "fine");
  await fleet.ok(fleet.mcpctl(["deploy", name]));
}

async function push(name: string, file: string): Promise<void> {
  writeFileSync(fleet.scratch.path(file), "");
  await fleet.ok(fleet.mcpctl(["push", file, name, `data/${file}`]));
}

interface Told {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A program that writes down how it is run, and what it has written. */
function alertProgram(): { readonly file: string; readonly told: () => readonly Told[] } {
  const [file, log] = [fleet.scratch.path("alert program"), fleet.scratch.path("told")];
  writeFileSync(file, `#!/bin/sh\n{ printf 'arg %s\\n' "$@"; env | grep -E '^(MCP|MCPCTL|HOME)'; echo end; } >>'${log}'\n`);
  chmodSync(file, 0o700);
  const told = () => {
    const text = existsSync(log) ? readFileSync(log, "utf8") : "";
    return text
      .split("end\n")
      .slice(0, -1)
      .map((block) => {
        const lines = block.trimEnd().split("\n");
        const argv = lines.filter((line) => line.startsWith("arg ")).map((line) => line.slice(4));
        const pairs = lines
          .filter((line) => !line.startsWith("arg "))
          .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
        return { argv, env: Object.fromEntries(pairs) as Record<string, string> };
      });
  };
  return { file, told };
}

/** When each was put right, oldest first. */
async function healsOf(name: string): Promise<readonly number[]> {
  const { nodes } = await fleet.json("ops", "--service", name, "--limit", "100");
  const heals = nodes[0].operations.filter(({ kind }: { readonly kind: string }) => kind === "OPERATION_KIND_HEAL");
  return heals.map(({ startedAt }: { readonly startedAt: string }) => Date.parse(startedAt)).sort((a: number, b: number) => a - b);
}

async function flapsOf(name: string): Promise<readonly string[]> {
  const { nodes } = await fleet.json("status", name);
  return nodes[0].events
    .filter(({ kind }: { readonly kind: string }) => kind === "flap")
    .map(({ message }: { readonly message: string }) => message);
}

requiresPodman(
  "a component that ends whenever it is started is started ever more rarely, told of once as flapping, and stays stopped when it is stopped",
  async () => {
    const alert = alertProgram();
    await fleet.start(`\n[monitor]\ninterval = "2s"\nalert_command = ["${alert.file}", "--to", "people on duty; $HOME"]\n`);
    const image = await fleet.containers.serverVersion("v1", { env: { SERVER_MODE: "exit-if:/data/broken" } });
    await Promise.all([deploy(service, image), deploy(other, image)]);
    await push(service, "broken");
    await podman("kill", `${service}-api`);

    await waitUntil("it is flapping", async () => (await flapsOf(service)).length > 0, 30_000);
    const heals = await waitUntil(
      "it was started five times",
      async () => {
        const seen = await healsOf(service);
        return seen.length >= 5 ? seen : undefined;
      },
      40_000,
    );
    // Each wait is at least half of 1, 2, 4 … seconds, so that there are at most seven starts in a minute.
    const waits = heals.slice(1).map((at, number) => at - (heals[number] ?? 0));
    for (const [number, ms] of [500, 1000, 2000, 4000].entries()) expect(waits[number]).toBeGreaterThanOrEqual(ms);
    expect(await flapsOf(service)).toEqual(["it exited 4 times within 10 minutes"]);
    expect(await fleet.ok(fleet.mcpctl(["status", service]))).toMatch(/^! .* flapping .* it exited with code 9/m);
    const flaps = alert.told().filter(({ env }) => env.MCP_ALERT === "flap");
    expect(flaps).toHaveLength(1);
    expect(flaps[0]?.argv).toEqual(["--to", "people on duty; $HOME"]);
    expect(flaps[0]?.env).toMatchObject({
      MCP_ALERT_STATE: "firing",
      MCP_NODE: fleet.node,
      MCP_SERVICE: service,
      MCP_COMPONENT: "api",
      MCP_CONTAINER: `${service}-api`,
      MCP_DESIRED: "running",
      MCP_EXITS: "4",
    });
    expect(flaps[0]?.env.HOME).toBeUndefined();

    expect(await fleet.stopService(service)).toMatch(/^api +stopped /m);
    const before = (await healsOf(service)).length;
    // Whoever puts the other one right has had its turn at this one.
    for (const round of [1, 2]) {
      await podman("kill", `${other}-api`);
      await waitUntil("the other one is put right", async () => (await healsOf(other)).length === round, 20_000);
      await waitUntil("the other one runs", async () => (await fleet.states(other)).includes(`${other}-api running`));
    }
    expect(await healsOf(service)).toHaveLength(before);
    expect(await fleet.states(service)).toEqual([`${service}-api exited`]);
    const { nodes } = await fleet.json("ps", service);
    expect(nodes[0].services[0].components).toMatchObject([
      { desiredState: "DESIRED_STATE_STOPPED", observedState: "OBSERVED_STATE_STOPPED" },
    ]);
    expect(alert.told().filter(({ env }) => env.MCP_ALERT === "flap" && env.MCP_SERVICE === service)).toHaveLength(1);
  },
  LIMIT_MS,
);

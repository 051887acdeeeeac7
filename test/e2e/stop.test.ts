import { expect, test } from "bun:test";
import type { Backing } from "../../src/api/server-definition.ts";
import { seedProject } from "../support/seed-project.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { moodyBacking } from "./support/moody-backing.ts";
import { isPortFree, portOf } from "./support/ports.ts";
import { isAlive, processesNaming } from "./support/process-table.ts";
import { Scratch } from "./support/scratch.ts";
import { ROOT, type UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 30_000;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const CONTENT: Backing = { kind: "builtin", name: "content" };

const scratch = new Scratch("stop");

/** Starts on a folder with the server `content` and a moody one. */
async function startMoody(name: string, mood?: "silent" | "stubborn") {
  const flag = scratch.path(`${name}.flag`);
  const config = scratch.path("short-drain.toml");
  await Bun.write(config, "[drain]\nlimit_ms = 100\n");
  if (mood !== undefined) await Bun.write(`${flag}.${mood}`, "");
  const token = await seedProject(scratch.path(name), "e2e", { content: CONTENT, moody: moodyBacking(flag) });
  return { token, flag, up: scratch.up(name, { args: ["--config", config] }) };
}

function endpointOf({ stdout }: UpProcess): string {
  const api = /API\s+(\S+)/.exec(stdout)?.[1];
  if (api === undefined) throw new Error(`no address in: ${stdout}`);
  return api;
}

async function expectStopped(up: UpProcess, ports: readonly number[], named: string): Promise<void> {
  expect(await up.ended()).toEqual({ exitCode: 0, signal: null });
  expect(up.stderr).toMatch(/: stopping\n(.*\n)*… stopped\n$/);
  expect(processesNaming(named)).toEqual([]);
  expect(ports.filter((port) => !isPortFree(port))).toEqual([]);
}

test.each(SIGNALS)(
  "%s stops a quiet instance with exit code 0: no child is left and the ports are free",
  async (signal) => {
    const up = scratch.upWithReadyFile(`quiet ${signal}`);
    const { api, gateway } = await up.ready();
    const files = scratch.path(`quiet ${signal}`, "files");
    expect(processesNaming(files)).not.toEqual([]);
    up.signal(signal);
    await expectStopped(up, [api, gateway].map(portOf), files);
    expect(up.stderr).toContain(`… ${signal}: stopping`);
  },
  LIMIT_MS,
);

test.each(SIGNALS)(
  "%s stops it while a call is in flight and a stream is open: both end, and no child is left",
  async (signal) => {
    const name = `busy ${signal}`;
    const { token, flag, up } = await startMoody(name);
    await up.started();
    const gateway = await scratch.gatewayOf(name);
    const caller = await McpCaller.open(`${gateway}/mcp`, token);
    const stream = await caller.listen(AbortSignal.timeout(LIMIT_MS));
    expect(stream.status).toBe(200);
    const { reply } = await caller.begin("moody__hang");
    up.signal(signal);
    await expectStopped(up, [portOf(gateway)], flag);
    expect((await reply).json.error.message).toBeString();
    expect(await stream.text().catch(String)).not.toContain('"result"');
  },
  LIMIT_MS,
);

test.each(SIGNALS)(
  "%s stops it while a server is still starting",
  async (signal) => {
    const name = `starting ${signal}`;
    const { flag, up } = await startMoody(name, "silent");
    await waitUntil("the server is being started", () => up.stderr.includes("starting server moody"));
    await waitUntil("its process is there", () => processesNaming(flag).length > 0);
    up.signal(signal);
    await expectStopped(up, [], flag);
    expect(up.stdout).toBe("");
  },
  LIMIT_MS,
);

test(
  "a child that neither the end of its input nor SIGTERM ends is killed",
  async () => {
    const { token, flag, up } = await startMoody("stubborn", "stubborn");
    await up.started();
    const gateway = await scratch.gatewayOf("stubborn");
    const caller = await McpCaller.open(`${gateway}/mcp`, token);
    const [pid] = processesNaming(flag);
    expect((await caller.call("moody__pid")).json.result.content[0].text).toBe(String(pid));
    up.signal("SIGTERM");
    await expectStopped(up, [portOf(gateway)], flag);
  },
  LIMIT_MS,
);

test(
  "Ctrl-C in the terminal of npm start, which npm passes on once more, is one signal: it stops cleanly",
  async () => {
    const up = scratch.upWithReadyFile("terminal", { cwd: ROOT, program: ["npm", "start", "--"] });
    const { pid, api, gateway } = await up.ready();
    // The terminal sends it to the whole foreground group.
    up.signal("SIGINT", "group");
    await up.ended();
    expect(up.stderr).toMatch(/… SIGINT: stopping\n… stopped\n/);
    expect(isAlive(pid)).toBe(false);
    expect([api, gateway].map(portOf).filter((port) => !isPortFree(port))).toEqual([]);
  },
  LIMIT_MS,
);

test(
  "two signals at once stop it as cleanly as one",
  async () => {
    const { flag, up } = await startMoody("twice");
    await up.started();
    const port = portOf(endpointOf(up));
    up.signal("SIGINT");
    up.signal("SIGTERM");
    await expectStopped(up, [port], flag);
  },
  LIMIT_MS,
);

import { beforeAll, expect } from "bun:test";
import { existsSync, lstatSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { requires } from "../support/requires.ts";
import { runProgram } from "../support/run-program.ts";
import { isPortFree, portOf } from "./support/ports.ts";
import { isAlive, processesNaming } from "./support/process-table.ts";
import { Scratch } from "./support/scratch.ts";
import { type Ready, ROOT, type UpProcess } from "./support/up-process.ts";

const INSTALL_LIMIT_MS = 300_000;
const CLIENT_LIMIT_MS = 30_000;

const scratch = new Scratch("clone");
const isClone = existsSync(join(ROOT, ".git")) && Bun.which("git") !== null;
const hasRegistry = isClone && (await canReachRegistry());
const inClone = requires(hasRegistry, isClone ? "no npm registry is reached" : "this is no git checkout, or there is no git");

let npm: UpProcess;
let ready: Ready;

beforeAll(async () => {
  if (!hasRegistry) return;
  await copyRepository(scratch.path("a clone"));
  const readyFile = scratch.path("ready.json");
  npm = scratch.up("unused", { cwd: scratch.path("a clone"), program: ["npm", "start", "--"], dataDir: undefined, readyFile });
  ready = await npm.ready(INSTALL_LIMIT_MS);
}, INSTALL_LIMIT_MS);

/** Asks for one version as `npm ci` would, once and without patience. */
async function canReachRegistry(): Promise<boolean> {
  const ask = ["npm", "view", "commander", "version", "--fetch-retries=0", "--fetch-timeout=10000"];
  return (await runProgram(ask, { cwd: ROOT })).exitCode === 0;
}

/** What a clone would hold if all that git does not ignore were committed. */
async function copyRepository(target: string): Promise<void> {
  const { stdout } = await runProgram(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
  const files = stdout.split("\0").filter((name) => name !== "" && existsSync(join(ROOT, name)));
  for (const file of files) {
    // A link would lead npm ci, which empties node_modules, out of the clone.
    if (!lstatSync(join(ROOT, file)).isFile()) continue;
    await mkdir(dirname(join(target, file)), { recursive: true });
    await cp(join(ROOT, file), join(target, file));
  }
}

async function runClient(runtime: string, script: string) {
  const command = [runtime, join(ROOT, "test/e2e/clients", script), ready.url];
  const { exitCode, stdout, stderr } = await runProgram(command, { cwd: ROOT, env: { MCPCTL_TOKEN: ready.token } });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout);
}

function expectDemo(result: Awaited<ReturnType<typeof runClient>>): void {
  expect(result.tools.filter((name: string) => name.startsWith("content__"))).toHaveLength(14);
  expect(result.tools).toEqual(expect.arrayContaining(["content__evo.content.search", "content__evo.model.get", "files__read_text_file"]));
  const { items, meta } = result.search.structuredContent;
  expect(items).toHaveLength(3);
  expect(meta).toMatchObject({ limit: 3, offset: 0, count: 3, toolsetVersion: "1.0" });
  expect(JSON.parse(result.search.content[0].text)).toEqual(result.search.structuredContent);
  expect(result.read.content[0].text).toStartWith("This folder is what the server 'files' of the project 'demo' serves.");
}

inClone("npm start in a fresh clone installs what is missing, starts, and keeps everything in .mcpctl of the clone", () => {
  expect(npm.stderr).toContain("Installing dependencies (npm ci)");
  expect(ready.project).toBe("demo");
  expect(existsSync(scratch.path("a clone", ".mcpctl", "mcpctl.db"))).toBe(true);
});

for (const [where, runtime] of [
  ["Bun", process.execPath],
  ["Node", "node"],
] as const) {
  inClone(
    `a client made with @modelcontextprotocol/sdk 1.32 lists the tools of both servers and calls one of each, under ${where}`,
    async () => {
      const result = await runClient(runtime, "sdk-1.mjs");
      expect(result.runtime).toStartWith(where.toLowerCase());
      expect(result.posted.slice(0, 2)).toEqual(["initialize", "notifications/initialized"]);
      expectDemo(result);
    },
    CLIENT_LIMIT_MS,
  );

  inClone(
    `the official client 2.4 in auto mode finds the modern era by its probe and calls both servers, under ${where}`,
    async () => {
      const result = await runClient(runtime, "sdk-2.mjs");
      expect(result.runtime).toStartWith(where.toLowerCase());
      expect(result.posted.slice(0, 2)).toEqual(["server/discover", "tools/list"]);
      expectDemo(result);
    },
    CLIENT_LIMIT_MS,
  );
}

inClone(
  "a client that starts the clone's mcplocal stdio finds the running gateway by itself",
  async () => {
    const command = ["node", join(ROOT, "test/e2e/clients/stdio-2.mjs"), scratch.path("a clone", "bin", "mcplocal")];
    const { exitCode, stdout, stderr } = await runProgram(command, {
      cwd: ROOT,
      env: { MCPCTL_TOKEN: ready.token, MCPLOCAL_URL: undefined },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expectDemo(JSON.parse(stdout));
  },
  CLIENT_LIMIT_MS,
);

inClone(
  "SIGTERM to npm start itself stops everything: no process and no port is left",
  async () => {
    const children = processesNaming(scratch.path("a clone", ".mcpctl", "files"));
    expect(children.length).toBeGreaterThan(0);
    npm.signal("SIGTERM");
    await npm.ended();
    expect([ready.pid, ...children].filter(isAlive)).toEqual([]);
    expect([ready.api, ready.gateway].map(portOf).filter((port) => !isPortFree(port))).toEqual([]);
    expect(npm.stderr).toContain("… SIGTERM: stopping\n… stopped\n");
  },
  CLIENT_LIMIT_MS,
);

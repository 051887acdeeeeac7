/** `mcplocal bridge`: a server over stdio, served over Streamable HTTP by a process of its own. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { McpCaller } from "./support/mcp-caller.ts";
import { programPath } from "./support/program-path.ts";
import { ROOT } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const TALKING = [process.execPath, join(ROOT, "test/e2e/fixtures/talking-server.ts")];

/** Resolves with where it answers. */
async function start(...args: readonly string[]) {
  const child = Bun.spawn([programPath("mcplocal"), "bridge", "--port", "0", ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) return { child, url: undefined, stderr };
    text += new TextDecoder().decode(value);
  }
  return { child, url: / answers at (\S+)/.exec(text)?.[1], stderr };
}

test(
  "its tools have their own names, no credential is asked for, and it stops with its child",
  async () => {
    const { child, url, stderr } = await start("--path", "/tools", "--", ...TALKING);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/tools$/);
    // Whatever bearer comes along, as an agent's proxy takes it off.
    const caller = await waitUntil("it answers", () => McpCaller.open(url ?? "", "anything").catch(() => undefined));
    expect(await caller.toolNames()).toEqual(["say"]);
    const reply = await caller.call("say", { text: "hello" });
    expect(reply.json.result.content).toBeArray();
    const base = new URL("/", url).href;
    const status = async (path: string, method = "GET") => (await fetch(`${base}${path}`, { method })).status;
    expect([await status("healthz"), await status("none"), await status("projects/demo/mcp", "POST")]).toEqual([200, 404, 404]);
    const children = (await Bun.$`pgrep -P ${child.pid}`.nothrow().text())
      .trim()
      .split("\n")
      .filter((line) => line !== "");
    expect(children.length).toBeGreaterThan(0);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    for (const pid of children) expect(() => process.kill(Number(pid), 0)).toThrow();
    expect(await stderr).not.toContain("warning:");
  },
  LIMIT_MS,
);

test(
  "a script of JavaScript is run by the runtime in the program, with the arguments that follow",
  async () => {
    const silent = join(ROOT, "no-such-file");
    const { child, url } = await start("--script", TALKING[1] ?? "", "--", silent);
    const caller = await waitUntil("it answers", () => McpCaller.open(url ?? "", "anything").catch(() => undefined));
    expect(await caller.toolNames()).toEqual(["say"]);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  },
  LIMIT_MS,
);

test(
  "what it cannot listen on, or is told wrongly, is said",
  async () => {
    const bad = await start("--path", "tools", "--", ...TALKING);
    expect([await bad.child.exited, await bad.stderr]).toEqual([
      2,
      expect.stringContaining("error: --path 'tools' is no path\nhint: it begins"),
    ]);
    const nothing = await start();
    expect([await nothing.child.exited, await nothing.stderr]).toEqual([
      2,
      expect.stringContaining("error: No server is named to serve\nhint: name its program"),
    ]);
  },
  LIMIT_MS,
);

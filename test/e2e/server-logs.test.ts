import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { McpCaller } from "./support/mcp-caller.ts";
import { obligingBacking } from "./support/obliging-backing.ts";
import { programPath } from "./support/program-path.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const SECRET = "swordfish-of-the-deep-2000";
const scratch = new Scratch("logs");
let ready: Ready;
let admin: RestCaller;
let caller: McpCaller;
let session = "";

const followers: Bun.Subprocess[] = [];
afterAll(() => {
  for (const follower of followers) follower.kill("SIGKILL");
});

const say = (text: string) => caller.call("obliging__say", { text });

function logs(...args: readonly string[]) {
  return scratch.run("mcpctl", ["logs", ...args], { MCPCTL_URL: ready.api, MCPCTL_API_TOKEN: session });
}

beforeAll(async () => {
  writeFileSync(scratch.path("mcpd.toml"), `[stdio]\ncommands = ["${process.execPath}"]\n`);
  ready = await scratch.upWithReadyFile("up", { args: ["--config", scratch.path("mcpd.toml")] }).ready();
  ({ token: session } = await new RestCaller(ready.api, "").send("POST", "/auth/login", { ...ready.admin, client: "cli" }));
  admin = new RestCaller(ready.api, session);
  await admin.send("POST", "/secrets", { name: "deep", value: SECRET });
  const backing = { ...obligingBacking(scratch.path("up.flag")), secretEnv: { SECRET: "deep" } };
  await admin.send("POST", "/servers", { handle: "obliging", backing });
  await admin.send("POST", "/projects", { name: "e2e", servers: ["obliging"] });
  const endpoint = `${ready.gateway}/projects/e2e/mcp`;
  const token = await admin.makeToken("e2e", "e2e");
  await waitUntil("the project is served", async () => (await new McpCaller(endpoint, token).initialize()).status === 200);
  caller = await McpCaller.open(endpoint, token);
  await waitUntil("the server is there", async () => (await caller.toolNames()).includes("obliging__say"));
}, LIMIT_MS);

test(
  "mcpctl logs shows what a server's processes said, over a restart, without the secrets that they were given",
  async () => {
    await say("first, with $SECRET in it");
    await caller.call("obliging__die");
    await waitUntil("it is started again", async () => (await say("second \u001b[2J")).json.result !== undefined);
    const shown = await waitUntil("both lines are there", async () => {
      const { exitCode, stdout } = await logs("server/obliging");
      return exitCode === 0 && stdout.includes("second") && stdout;
    });
    expect(shown).toMatch(/^\d{4}-\S+Z {2}1 {2}first, with \[redacted\] in it$/m);
    expect(shown).toMatch(/^\d{4}-\S+Z {2}2 {2}second \\x1b\[2J$/m);
    expect(shown).not.toContain(SECRET);
    const { items } = JSON.parse((await logs("obliging", "--tail", "1", "-o", "json")).stdout);
    expect(items).toMatchObject([{ life: 2, text: "second \u001b[2J" }]);
  },
  LIMIT_MS,
);

test(
  "mcpctl logs -f goes on with what comes, until it is interrupted",
  async () => {
    const env = { ...process.env, MCPCTL_URL: ready.api, MCPCTL_API_TOKEN: session, MCPCTL_CONFIG: scratch.path("config.json") };
    const follower = Bun.spawn([programPath("mcpctl"), "logs", "server/obliging", "--tail", "0", "-f"], {
      env,
      stdout: "pipe",
      stderr: "pipe",
    });
    followers.push(follower);
    let told = "";
    const reading = (async () => {
      for await (const chunk of follower.stdout) told += new TextDecoder().decode(chunk);
    })();
    // Nothing says when it listens: what it is told before is not for it.
    await waitUntil("it is told", async () => {
      await say("here it comes");
      return told.includes("here it comes");
    });
    follower.kill("SIGINT");
    expect(await follower.exited).toBe(0);
    await reading;
    expect(told).toMatch(/^\d{4}-\S+Z {2}\d {2}here it comes\n/);
  },
  LIMIT_MS,
);

test("a server without a process here, and one that is not there, are said to be so", async () => {
  expect(await logs("content")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Server content is built in") });
  expect(await logs("nothing")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("error: ") });
});

/** A server whose process hangs while its connection stands: only asking it shows that. */
import { beforeAll, expect, test } from "bun:test";
import { seedProject } from "../support/seed-project.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { moodyBacking } from "./support/moody-backing.ts";
import { processesNaming } from "./support/process-table.ts";
import { Scratch } from "./support/scratch.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const scratch = new Scratch("hung-server");
const CONFIG = "[timeouts]\nidle_seconds = 1\n\n[probe]\ninterval_seconds = 1\ntimeout_seconds = 0.5\nfailures = 2\n";

let caller: McpCaller;
let flag = "";
/** The line of the server in the list of all. */
const line = async () => {
  const { stdout } = await scratch.run("mcpd", ["emcp:list-servers", "--data-dir", scratch.path("data")]);
  return stdout.split("\n").find((each) => each.startsWith("moody")) ?? "";
};

beforeAll(async () => {
  flag = scratch.path("hung.flag");
  const config = scratch.path("mcpd.toml");
  await Bun.write(config, CONFIG);
  const backings = { content: { kind: "builtin", name: "content" }, moody: moodyBacking(flag) } as const;
  const token = await seedProject(scratch.path("data"), "e2e", backings);
  await scratch.up("data", { args: ["--config", config] }).started();
  caller = await McpCaller.open(`${await scratch.gatewayOf("data")}/mcp`, token);
}, LIMIT_MS);

test(
  "a call to a tool that says nothing ends with its server's time, and the server goes on",
  async () => {
    const { json } = await caller.call("moody__hang");
    expect(json.error).toMatchObject({
      code: -31004,
      message: "Server moody said nothing for 1 s during the call",
      data: { reason: "CALL_TIMEOUT" },
    });
    expect((await caller.call("moody__pid")).json.result.isError).toBe(false);
  },
  LIMIT_MS,
);

test(
  "a server that is running and hangs is found out without a call: degraded, then failed, refused at once, and ready when it goes on",
  async () => {
    const names = await caller.toolNames();
    const [pid = 0] = processesNaming(flag);
    process.kill(pid, "SIGSTOP");
    try {
      await waitUntil("it is degraded", async () => /^moody +stdio +yes +(degraded|failed) /.test(await line()));
      await waitUntil("it has failed", async () => /^moody +stdio +yes +failed +\d+ \(last known\) /.test(await line()));
      expect(await line()).toContain("did not answer a probe");
      // Not even a call that comes when it is tried again waits for it.
      const refused = await caller.call("moody__pid");
      expect(refused.json.error).toMatchObject({
        code: "upstream_unavailable",
        message: expect.stringContaining("did not answer a probe"),
      });
      expect(await caller.toolNames()).toEqual(names);
      expect((await caller.call("content__evo.content.get", { id: 1 })).json.result.structuredContent.item.id).toBe(1);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await waitUntil("it is called again", async () => (await caller.call("moody__pid")).json.result !== undefined, 30_000);
    await waitUntil("it is ready", async () => /^moody +stdio +yes +ready +\d+ +e2e$/.test(await line()), 30_000);
    expect((await caller.call("moody__pid")).json.result.content[0].text).toBe(String(pid));
  },
  LIMIT_MS,
);

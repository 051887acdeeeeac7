import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const WRITING = ["files__write_file", "files__edit_file", "files__create_directory", "files__move_file"];
const scratch = new Scratch("writes");

const filesOf = (names: readonly string[]) => names.filter((name) => name.startsWith("files__"));

describe("the demo's files server", () => {
  let ready: Ready;
  let admin: RestCaller;
  let caller: McpCaller;
  let path = "";
  const write = () => caller.call("files__write_file", { path, content: "written" });

  beforeAll(async () => {
    ready = await scratch.upWithReadyFile("default").ready();
    admin = await RestCaller.logIn(ready);
    caller = await McpCaller.open(ready.url, ready.token);
    path = scratch.path("default", "files", "new.txt");
  }, LIMIT_MS);

  test("by default offers its tools that read and none that write", async () => {
    expect(await admin.send("GET", "/servers/files")).toMatchObject({ writeTools: false, offersWriteTools: false });
    const names = await caller.toolNames();
    for (const name of WRITING) expect(names).not.toContain(name);
    expect(filesOf(names)).toHaveLength(10);
    const read = await caller.call("files__read_text_file", { path: scratch.path("default", "files", "welcome.txt") });
    expect(read.json.result.content[0].text).toContain("This folder is what the server 'files'");
  });

  test("by default refuses a tool that writes with 403 tool_denied, which is in the audit log, and nothing is written", async () => {
    const refused = await write();
    expect(refused).toMatchObject({ status: 403, json: { error: { code: "tool_denied" } } });
    expect(refused.json.error.message).toContain("an administrator turns them on with writeTools: true");
    const alone = await McpCaller.open(`${ready.gateway}/api/v1/mcp/files`, ready.token);
    expect(await alone.toolNames()).not.toContain("write_file");
    expect((await alone.call("write_file", { path, content: "written" })).status).toBe(403);
    expect(existsSync(path)).toBe(false);
    const events = await waitUntil("it is in the audit log", async () => {
      const { items } = await admin.send("GET", "/audit?kind=gate_decision");
      return items.length > 0 ? items : undefined;
    });
    expect(events).toContainEqual(
      expect.objectContaining({ outcome: "refused", code: "tool_denied", server: "files", tool: "write_file" }),
    );
  });

  test("offers them while its writeTools is true, from one moment to the next", async () => {
    await admin.send("PATCH", "/servers/files", { writeTools: true });
    await waitUntil("it is listed", async () => (await caller.toolNames()).includes("files__write_file"));
    expect(filesOf(await caller.toolNames())).toHaveLength(14);
    expect((await write()).json.result.isError ?? false).toBe(false);
    expect(await Bun.file(path).text()).toBe("written");
    await admin.send("PATCH", "/servers/files", { writeTools: false });
    await waitUntil("it is gone", async () => !(await caller.toolNames()).includes("files__write_file"));
    expect((await write()).status).toBe(403);
  });
});

test(
  "where the configuration has enable_write_tools = true, every server offers its tools that write, on every gateway",
  async () => {
    const config = scratch.path("open.toml");
    await Bun.write(config, "[security]\nenable_write_tools = true\n");
    const ready = await scratch.upWithReadyFile("open", { args: ["--config", config] }).ready();
    const admin = await RestCaller.logIn(ready);
    expect(await admin.send("GET", "/servers/files")).toMatchObject({ writeTools: false, offersWriteTools: true });
    await using bare = new GatewayProcess(ready.api);
    const token = await admin.makeToken("member", "demo");
    for (const [nth, url] of [ready.url, `${await bare.ready()}/projects/demo/mcp`].entries()) {
      const caller = await McpCaller.open(url, token);
      await waitUntil("it is listed", async () => (await caller.toolNames()).includes("files__write_file"));
      const path = scratch.path("open", "files", `${nth}.txt`);
      expect((await caller.call("files__write_file", { path, content: "written" })).json.result.isError ?? false).toBe(false);
      expect(existsSync(path)).toBe(true);
    }
  },
  LIMIT_MS,
);

test(
  "a gateway apart from mcpd offers no tools that write by default either",
  async () => {
    const ready = await scratch.upWithReadyFile("apart").ready();
    const admin = await RestCaller.logIn(ready);
    await using bare = new GatewayProcess(ready.api);
    const caller = await McpCaller.open(`${await bare.ready()}/projects/demo/mcp`, await admin.makeToken("member", "demo"));
    await waitUntil("it is read", async () => filesOf(await caller.toolNames()).length === 10);
    const path = scratch.path("apart", "files", "new.txt");
    const { json } = await caller.call("files__write_file", { path, content: "written" });
    expect(json.error).toBeDefined();
    expect(existsSync(path)).toBe(false);
  },
  LIMIT_MS,
);

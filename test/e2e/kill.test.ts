import { beforeAll, describe, expect, test } from "bun:test";
import { seedProject } from "../support/seed-project.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { moodyBacking } from "./support/moody-backing.ts";
import { portOf } from "./support/ports.ts";
import { processesNaming } from "./support/process-table.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready, UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 30_000;
const scratch = new Scratch("kill");

async function kill(up: UpProcess): Promise<void> {
  up.signal("SIGKILL");
  expect((await up.ended()).signal).toBe("SIGKILL");
}

describe("after kill -9 and a new start on the same ports", () => {
  let ready: Ready;
  let before: McpCaller;
  let ended: McpCaller;
  let known: readonly string[];

  /** All that the content server shows of its tables: the documents, and a list of each model. */
  async function readTables(caller: McpCaller): Promise<string[]> {
    const documents = await caller.call("content__evo.content.search", { limit: 100 });
    expect(documents.json.result.structuredContent.items.length).toBeGreaterThan(30);
    const models = await caller.call("content__evo.model.list", { model: "SiteTemplate", limit: 100 });
    expect(models.json.result.structuredContent.items.length).toBeGreaterThan(0);
    return [documents, models].map(({ json }) => JSON.stringify(json.result));
  }

  beforeAll(async () => {
    const first = scratch.upWithReadyFile("tables");
    ready = await first.ready();
    before = await McpCaller.open(ready.url, ready.token);
    ended = await McpCaller.open(ready.url, ready.token);
    expect((await ended.end()).status).toBe(204);
    known = await readTables(before);
    await kill(first);
    const args = ["--api-port", String(portOf(ready.api)), "--gateway-port", String(portOf(ready.gateway))];
    await waitUntil("the killed instance's children are gone", () => processesNaming(scratch.path("tables", "files")).length === 0);
    await scratch.up("tables", { args }).started();
  }, LIMIT_MS);

  test("the token still works", async () => {
    expect((await new McpCaller(ready.url, ready.token).initialize()).status).toBe(200);
  });

  test("a session that was open goes on under its id, on both servers", async () => {
    expect(await before.toolNames()).toHaveLength(24);
    const allowed = await before.call("files__list_allowed_directories");
    expect(allowed.json.result.content[0].text).toContain(scratch.path("tables", "files"));
  });

  test("a session that was ended stays ended", async () => {
    expect((await ended.request("tools/list")).status).toBe(404);
  });

  test("the documents and models are what they were", async () => {
    expect(await readTables(before)).toEqual([...known]);
  });
});

test(
  "a killed instance leaves no child and no lock: its children end by themselves and a command sees that nobody is there",
  async () => {
    const flag = scratch.path("orphan.flag");
    const token = await seedProject(scratch.path("orphan"), "e2e", { moody: moodyBacking(flag) });
    const up = scratch.up("orphan");
    await up.started();
    const caller = await McpCaller.open(`${await scratch.gatewayOf("orphan")}/mcp`, token);
    const { reply } = await caller.begin("moody__hang");
    const cut = reply.catch(String);
    expect(processesNaming(flag)).toHaveLength(1);
    await kill(up);
    expect(await cut).toBeString();
    await waitUntil("the child is gone", () => processesNaming(flag).length === 0);
    const { exitCode, stdout } = await scratch.run("mcpd", ["emcp:list-servers", "--data-dir", scratch.path("orphan")]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^moody +stdio +yes +stopped +- +e2e +mcpctl is not running$/m);
  },
  LIMIT_MS,
);

test.each(["… opening", "… starting server content"])(
  "a first start that is killed after it said '%s' is finished by the next one, which shows the administrator and a token that works",
  async (line) => {
    const name = line.replaceAll(/\W/g, "");
    const first = scratch.up(name);
    await waitUntil(line, () => first.stderr.includes(line));
    await kill(first);
    expect(first.stdout).toBe("");
    const second = scratch.upWithReadyFile(name);
    const { admin, url, token } = await second.ready();
    expect(admin?.username).toBe("admin");
    expect(await (await McpCaller.open(url, token)).toolNames()).toHaveLength(24);
    await second.stop();
  },
  LIMIT_MS,
);

import { expect, test } from "bun:test";
import { captureMcpd } from "./captured-cli.fixture.ts";
import type { ServerRow, ServerTestResult } from "./ports.ts";

const content: ServerRow = {
  handle: "content",
  backing: "builtin",
  enabled: true,
  state: "ready",
  tools: 14,
  stale: false,
  projects: ["demo", "docs"],
};
const files: ServerRow = {
  handle: "files",
  backing: "stdio",
  enabled: true,
  state: "backing off",
  reason: "exit code 1",
  tools: 12,
  stale: true,
  projects: [],
};
const fresh: ServerRow = {
  handle: "fresh",
  backing: "url",
  enabled: false,
  state: "disabled",
  tools: null,
  stale: false,
  projects: ["demo"],
};

test("emcp:list-servers shows an aligned table, a stale list marked and its reason last", async () => {
  const run = await captureMcpd(["emcp:list-servers"], { listServers: async () => [content, files, fresh] });
  expect(run).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: [
      "SERVER   BACKING  ENABLED  STATE        TOOLS            PROJECTS   REASON",
      "content  builtin  yes      ready        14               demo,docs  -",
      "files    stdio    yes      backing off  12 (last known)  -          exit code 1",
      "fresh    url      no       disabled     -                demo       -",
      "",
    ].join("\n"),
  });
});

test("emcp:list-servers has no REASON column where nothing needs one", async () => {
  const run = await captureMcpd(["emcp:list-servers"], { listServers: async () => [content] });
  expect(run.stdout).toBe("SERVER   BACKING  ENABLED  STATE  TOOLS  PROJECTS\ncontent  builtin  yes      ready  14     demo,docs\n");
});

test("emcp:list-servers -o json prints the rows as they are", async () => {
  const folders: (string | undefined)[] = [];
  const listServers = async (options: { dataDir: string | undefined }) => {
    folders.push(options.dataDir);
    return [content, files];
  };
  const run = await captureMcpd(["emcp:list-servers", "-o", "json", "--data-dir", "d"], { listServers });
  expect(JSON.parse(run.stdout)).toEqual([content, files]);
  expect(folders).toEqual(["d"]);
});

test("emcp:list-servers fails where no enabled server is listed", async () => {
  const stderr = "error: No enabled server is listed\n";
  expect(await captureMcpd(["emcp:list-servers"])).toEqual({ exitCode: 1, stdout: "", stderr });
  const disabled = await captureMcpd(["emcp:list-servers"], { listServers: async () => [fresh] });
  expect(disabled).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("fresh"), stderr });
});

const passed: ServerTestResult = {
  handle: "content",
  ok: true,
  steps: [
    { name: "initialize", ok: true, ms: 3.2, detail: "" },
    { name: "tools/list", ok: true, ms: 1.9, detail: "14 tools" },
  ],
};
const failed: ServerTestResult = {
  handle: "files",
  ok: false,
  steps: [{ name: "initialize", ok: false, ms: 5000, detail: "no answer\nat all" }],
};

test("emcp:test passes with a line for each server and a closing line", async () => {
  const run = await captureMcpd(["emcp:test"], { testServers: async () => [passed] });
  expect(run).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: "PASS content initialize 3 ms, tools/list 14 tools 2 ms\n1 of 1 servers passed\n",
  });
});

test("emcp:test fails where one server fails, and names it", async () => {
  const run = await captureMcpd(["emcp:test"], { testServers: async () => [passed, failed] });
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toContain("\nFAIL files initialize failed after 5000 ms: no answer at all\n1 of 2 servers passed\n");
  expect(run.stderr).toBe("error: 1 of 2 failed: files\n");
});

test("emcp:test -o json prints the results, and the exit code is the same", async () => {
  const run = await captureMcpd(["emcp:test", "-o", "json"], { testServers: async () => [passed, failed] });
  expect(run.exitCode).toBe(1);
  expect(JSON.parse(run.stdout)).toEqual([passed, failed]);
});

test("emcp:test without any enabled server is a failure, not a silent pass", async () => {
  expect(await captureMcpd(["emcp:test"])).toMatchObject({ exitCode: 1, stderr: "error: There is no enabled server to test\n" });
});

test("emcp:test --server tests that one, and an unknown one is refused with the known ones", async () => {
  const tested: (string | undefined)[] = [];
  const deps = {
    listServers: async () => [files, content],
    testServers: async (options: { server: string | undefined }) => {
      tested.push(options.server);
      return [passed];
    },
  };
  expect(await captureMcpd(["emcp:test", "--server", "content"], deps)).toMatchObject({ exitCode: 0 });
  expect(await captureMcpd(["emcp:test", "--server", "contnet"], deps)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: There is no server 'contnet'\nhint: known servers: content, files\n",
  });
  expect(tested).toEqual(["content"]);
});

test("mcpd --help shows both commands", async () => {
  const run = await captureMcpd(["--help"]);
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain("emcp:list-servers [options]");
  expect(run.stdout).toContain("emcp:test [options]");
});

test("emcp:sync-workers shows what became of each worker, and fails where one could not be written", async () => {
  const asked: unknown[] = [];
  const syncWorkers = async (options: unknown) => {
    asked.push(options);
    return [
      { name: "emcp_dispatch", active: false, result: "updated" as const },
      { name: "mail_queue", active: true, result: "skipped" as const },
    ];
  };
  const run = await captureMcpd(["emcp:sync-workers", "--switch", "off"], { syncWorkers });
  expect([run.exitCode, run.stdout]).toEqual([
    0,
    "WORKER         ACTIVE  RESULT   MESSAGE\nemcp_dispatch  no      updated  -\nmail_queue     yes     skipped  -\n",
  ]);
  const broken = { name: "emcp_dispatch", active: false, result: "error" as const, message: "the database is gone" };
  const failed = await captureMcpd(["emcp:sync-workers", "-o", "json"], { syncWorkers: async () => [broken] });
  expect([failed.exitCode, JSON.parse(failed.stdout), failed.stderr]).toEqual([
    1,
    [broken],
    "error: Workers could not be registered: emcp_dispatch\n",
  ]);
  expect(asked).toEqual([{ dataDir: undefined, active: false }]);
});

test("worker is started with what it is given, and its exit code is the command's", async () => {
  const given: unknown[] = [];
  const worker = async (options: unknown) => {
    given.push(options);
    return 3;
  };
  expect((await captureMcpd(["worker", "--data-dir", "w", "--database-url", "postgres://db/x"], { worker })).exitCode).toBe(3);
  expect(given).toMatchObject([{ databaseUrl: "postgres://db/x", config: undefined, metrics: undefined }]);
});

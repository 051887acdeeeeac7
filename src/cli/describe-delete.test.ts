import { expect, test } from "bun:test";
import { captureWithApi } from "./captured-cli.fixture.ts";
import { fakeApi } from "./fake-api.fixture.ts";

const CI = {
  name: "ci",
  project: "demo",
  expiresAt: "2026-07-01T12:00:00.000Z",
  roleBindings: [{ role: "run", resource: "servers", name: "content" }, { action: "logs" }],
};

test("describe mcptoken shows its automatic definition mcptoken-<id> and its bindings", async () => {
  const api = fakeApi({ mcptokens: [CI] });
  const { exitCode, stdout } = await captureWithApi(["describe", "mcptoken", "ci", "-p", "demo"], api);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Kind: +mcptoken\n/);
  expect(stdout).toContain(`mcptoken-${api.tables.mcptokens[0]?.id}\n`);
  expect(stdout).toMatch(/Role bindings: +role:run,resource:servers,name:content\n +action:logs\n/);
  expect(stdout).toMatch(/Expires at: +2026-07-01T12:00:00.000Z \(in 30d\)\n/);
});

test("describe says all fields of a resource, and takes several", async () => {
  const backing = { kind: "url", url: "https://h/mcp", secretHeaders: { Authorization: "key" } };
  const policy = { denyTools: ["drop_*"], tools: { q: { rename: "search" } }, stream: { enabled: false } };
  const api = fakeApi({ servers: [{ handle: "docs", backing, enabled: true, rateLimit: 60, projects: ["demo"], policy }] });
  const { stdout } = await captureWithApi(["describe", "server", "docs", "docs"], api);
  expect(stdout.match(/^Handle: +docs$/gm)).toHaveLength(2);
  expect(stdout).toMatch(/Backing: +kind: url\n +url: https:\/\/h\/mcp\n +secretHeaders: Authorization: key\n/);
  expect(stdout).toMatch(/Policy: +denyTools: drop_\*\n +tools: q: rename: search\n +stream: enabled: false\n/);
  expect(await captureWithApi(["describe", "server"], api)).toMatchObject({ exitCode: 2, stdout: "" });
});

test("delete removes each, and says of each what became of it", async () => {
  const api = fakeApi({
    groups: [
      { name: "dev", members: [] },
      { name: "ops", members: [] },
    ],
  });
  const run = await captureWithApi(["delete", "group", "dev", "gone", "ops"], api);
  expect(run).toEqual({ exitCode: 3, stdout: "group/dev deleted\ngroup/ops deleted\n", stderr: "error: There is no groups gone\n" });
  expect(api.tables.groups).toEqual([]);
  expect(await captureWithApi(["delete", "group", "gone"], api)).toMatchObject({ exitCode: 1, stdout: "" });
});

test("delete mcptoken NAME -p PROJECT deletes the one of that project", async () => {
  const api = fakeApi({ mcptokens: [CI, { ...CI, project: "shop" }] });
  expect(await captureWithApi(["delete", "mcptoken", "ci", "-p", "demo"], api)).toMatchObject({
    exitCode: 0,
    stdout: "mcptoken/demo/ci deleted\n",
  });
  expect(api.tables.mcptokens.map(({ project }) => project)).toEqual(["shop"]);
});

test("an audit event cannot be deleted", async () => {
  expect(await captureWithApi(["delete", "audit", "w-1"], fakeApi())).toMatchObject({
    exitCode: 2,
    stderr: "error: A audit cannot be deleted\n",
  });
});

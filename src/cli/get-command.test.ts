import { expect, test } from "bun:test";
import { captureWithApi } from "./captured-cli.fixture.ts";
import { AT, fakeApi } from "./fake-api.fixture.ts";

const SERVER = { handle: "content", backing: { kind: "builtin", name: "content" }, enabled: true, rateLimit: null, projects: ["demo"] };
const token = (name: string, fields = {}) => ({ name, project: "demo", expiresAt: null, roleBindings: [], ...fields });

test("get shows a table with headers and ages, and wide more of it", async () => {
  const api = fakeApi({ projects: [{ name: "demo", servers: ["content", "files"] }] });
  expect(await captureWithApi(["get", "projects"], api)).toEqual({
    exitCode: 0,
    stdout: "NAME  SERVERS        OWNER  AGE\ndemo  content,files  ada    120m\n",
    stderr: "",
  });
  const wide = await captureWithApi(["get", "proj", "-o", "wide"], api);
  expect(wide.stdout).toMatch(/^NAME {2}SERVERS {8}OWNER {2}AGE {3}DESCRIPTION {2}ID\n/);
});

test("get mcptokens has the columns NAME, PROJECT, PREFIX, CREATED, LAST USED, EXPIRES and STATUS", async () => {
  const mcptokens = [
    token("ci", { expiresAt: "2026-07-01T12:00:00.000Z", lastUsedAt: "2026-06-01T11:58:30.000Z" }),
    token("old", { status: "revoked", revokedAt: AT }),
    token("other", { project: "shop" }),
  ];
  const api = fakeApi({ mcptokens });
  const { stdout } = await captureWithApi(["get", "mcptokens", "-p", "demo"], api);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["NAME", "PROJECT", "PREFIX", "CREATED", "LAST USED", "EXPIRES", "STATUS"],
    ["ci", "demo", "mcpctl_pat_aaaa", "120m ago", "90s ago", "in 30d", "active"],
    ["old", "demo", "mcpctl_pat_aaaa", "120m ago", "never", "never", "revoked"],
    [""],
  ]);
  expect((await captureWithApi(["get", "mcptokens"], api)).stdout).toContain("shop");
});

test("get servers shows the state of each, why it is not ready, and whether its tools are the last known ones", async () => {
  const status = (state: string, fields = {}) => ({ state, tools: 14, stale: false, ...fields });
  const why = `Server slow did not answer a probe within 10 s ${"x".repeat(100)}`;
  const servers = [
    { ...SERVER, handle: "content", status: status("ready") },
    { ...SERVER, handle: "slow", status: status("degraded", { reason: why }) },
    { ...SERVER, handle: "gone", status: status("failed", { reason: "it exited with code 1", stale: true }) },
    { ...SERVER, handle: "new", status: status("starting", { tools: null }) },
    { ...SERVER, handle: "off", enabled: false, status: status("disabled", { tools: null }) },
    { ...SERVER, handle: "elsewhere", status: null },
  ];
  const api = fakeApi({ servers });
  const rows = (await captureWithApi(["get", "servers"], api)).stdout.split("\n").map((line) => line.split(/ {2,}/));
  expect(rows).toEqual([
    ["NAME", "BACKING", "ENABLED", "STATE", "TOOLS", "STALE", "PROJECTS", "AGE", "REASON"],
    ["content", "builtin", "yes", "ready", "14", "no", "demo", "120m", "-"],
    ["slow", "builtin", "yes", "degraded", "14", "no", "demo", "120m", `${why.slice(0, 80)}…`],
    ["gone", "builtin", "yes", "failed", "14", "yes", "demo", "120m", "it exited with code 1"],
    ["new", "builtin", "yes", "starting", "-", "-", "demo", "120m", "-"],
    ["off", "builtin", "no", "disabled", "-", "-", "demo", "120m", "-"],
    ["elsewhere", "builtin", "yes", "-", "-", "-", "demo", "120m", "-"],
    [""],
  ]);
  const { items } = JSON.parse((await captureWithApi(["get", "servers", "-o", "json"], api)).stdout);
  expect(items[1].status).toEqual({ state: "degraded", reason: why, tools: 14, stale: false });
  expect((await captureWithApi(["describe", "server", "slow"], api)).stdout).toContain(why);
});

test("get mcptoken NAME -p PROJECT shows the one", async () => {
  const api = fakeApi({ mcptokens: [token("ci"), token("ci", { project: "shop" })] });
  const { stdout } = await captureWithApi(["get", "mcptoken", "ci", "-p", "shop"], api);
  expect(stdout).toMatch(/^NAME .*\nci +shop .*\n$/);
  expect(api.calls).toMatchObject([{ endpoint: "mcptokens.get", params: { id: "ci" }, query: { project: "shop" } }]);
});

test.each(["get", "describe", "delete"])("%s of a token by name takes a project, by id none", async (verb) => {
  const api = fakeApi({ mcptokens: [token("ci")] });
  expect(await captureWithApi([verb, "mcptoken", "ci"], api)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: A mcptoken is named in its project: which 'ci' is meant?\nhint: add -p PROJECT, or give its id (tok_…)\n",
  });
  expect(api.calls).toEqual([]);
  expect(await captureWithApi([verb, "mcptoken", String(api.tables.mcptokens[0]?.id)], api)).toMatchObject({ exitCode: 0 });
  expect(await captureWithApi(["get", "token/demo/ci"], fakeApi({ mcptokens: [token("ci")] }))).toMatchObject({ exitCode: 0 });
});

test.each(["mcptoken", "mcptokens", "token", "tokens", "TOKENS"])("%s is a word for mcptokens", async (word) => {
  const api = fakeApi();
  await captureWithApi(["get", word], api);
  expect(api.calls.map(({ endpoint }) => endpoint)).toEqual(["mcptokens.list"]);
});

test("an unknown kind is refused with the nearest", async () => {
  const run = await captureWithApi(["get", "projcts"], fakeApi());
  expect(run).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^error: There is no kind 'projcts'\nhint: did you mean projects\? /),
  });
});

test("-o json is what the API returned, -o yaml its document, -o name how to name it again", async () => {
  const api = fakeApi({ servers: [SERVER] });
  const one = await captureWithApi(["get", "server", "content", "-o", "json"], api);
  expect(JSON.parse(one.stdout)).toEqual(api.tables.servers[0]);
  const list = await captureWithApi(["get", "servers", "-o", "json"], api);
  expect(JSON.parse(list.stdout)).toEqual({ items: api.tables.servers, nextCursor: null });
  const { stdout } = await captureWithApi(["get", "srv/content", "-o", "yaml"], api);
  const document = [
    "kind: server",
    'description: ""',
    "rateLimit: null",
    "handle: content",
    "backing:",
    "  kind: builtin",
    "  name: content",
  ];
  expect(stdout.trim().split("\n").sort()).toEqual([...document, "enabled: true", "writeTools: false", "policy: {}"].sort());
  expect((await captureWithApi(["get", "servers", "-o", "name"], api)).stdout).toBe("server/content\n");
});

test("get follows the pages up to the limit, and says that there are more", async () => {
  const groups = Array.from({ length: 1203 }, (_, at) => ({ name: `g${at}`, members: [] }));
  const api = fakeApi({ groups });
  const names = async (...flags: string[]) => {
    const run = await captureWithApi(["get", "groups", "-o", "name", ...flags], api);
    return { count: run.stdout.split("\n").length - 1, stderr: run.stderr };
  };
  expect(await names()).toEqual({ count: 1000, stderr: "… there are more than these 1000: --all shows every one\n" });
  expect(await names("--all")).toEqual({ count: 1203, stderr: "" });
  expect(await names("--limit", "7")).toEqual({ count: 7, stderr: "… there are more than these 7: --all shows every one\n" });
  expect(api.calls.slice(0, 2).map(({ query }) => query.limit)).toEqual([500, 500]);
});

test("where there is nothing, that is said and is no failure", async () => {
  expect(await captureWithApi(["get", "groups"], fakeApi())).toEqual({ exitCode: 0, stdout: "", stderr: "No groups found\n" });
});

test("of several names the ones that are there are shown: exit code 3 where some are not, 1 where none is", async () => {
  const api = fakeApi({ groups: [{ name: "dev", members: [] }] });
  const some = await captureWithApi(["get", "groups", "dev", "ops"], api);
  expect(some).toMatchObject({ exitCode: 3, stdout: expect.stringContaining("dev"), stderr: "error: There is no groups ops\n" });
  expect(await captureWithApi(["get", "groups", "a", "b"], api)).toMatchObject({ exitCode: 1, stdout: "" });
  expect(await captureWithApi(["get", "groups", "ops"], api)).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: "error: There is no groups ops\n",
  });
});

test("filters go into the query, times made instants; one that the kind does not know is refused with those it does", async () => {
  const api = fakeApi({}, { "audit.list": () => ({ items: [], nextCursor: null }) });
  const flags = ["--token", "ci", "--token-sha", "ab", "--user", "jo", "--project", "demo", "--server", "content", "--tool", "search"];
  flags.push("--status", "403", "--kind", "rbac_decision", "--since", "1h", "--until", "2026-06-01T11:30:00Z", "--trace", "t1");
  await captureWithApi(["get", "audit", ...flags, "--sort", "at"], api);
  expect(api.calls[0]?.query).toEqual({
    tokenName: "ci",
    tokenSha: "ab",
    user: "jo",
    project: "demo",
    server: "content",
    tool: "search",
    status: 403,
    kind: "rbac_decision",
    since: "2026-06-01T11:00:00.000Z",
    until: "2026-06-01T11:30:00.000Z",
    traceId: "t1",
    sort: "at",
    limit: 100,
  });
  expect(await captureWithApi(["get", "projects", "--tool", "x"], api)).toMatchObject({
    exitCode: 2,
    stderr: "error: --tool does not narrow projects down\nhint: filters of projects are --name, --server, --owner\n",
  });
  expect(await captureWithApi(["get", "audit", "--since", "yesterday"], api)).toMatchObject({ exitCode: 2 });
  expect(await captureWithApi(["get", "projects", "demo", "--owner", "jo"], api)).toMatchObject({ exitCode: 2 });
});

test("control characters in what others wrote do not reach the terminal", async () => {
  const api = fakeApi({ groups: [{ name: "dev", members: [], description: "\u001b[31mred\nline" }] });
  const run = await captureWithApi(["get", "groups", "-o", "wide"], api);
  expect(run.stdout).not.toContain("\u001b");
  expect((await captureWithApi(["describe", "group", "dev"], api)).stdout).not.toContain("\u001b");
});

test("without an installation to speak to, the error says how to log in", async () => {
  const { captureMcpctl } = await import("./captured-cli.fixture.ts");
  const env = { MCPCTL_CONFIG: "/nowhere/config.json" };
  expect(await captureMcpctl(["get", "projects"], { env, localInstance: () => ({ api: "http://127.0.0.1:3100", gateway: "" }) })).toEqual({
    exitCode: 1,
    stdout: "",
    stderr:
      "error: It is not known which installation is meant\nhint: log in to the one on this machine: mcpctl login --url http://127.0.0.1:3100 --username admin\n",
  });
});

test("a session that opens nothing any more is an error that says how to get another", async () => {
  const { refuse } = await import("./fake-api.fixture.ts");
  const api = fakeApi({}, { "projects.list": () => refuse(401, "SESSION_ENDED", "The session has ended") });
  expect(await captureWithApi(["get", "projects"], api)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: The session has ended\nhint: log in again: mcpctl login --url http://127.0.0.1:3100\n",
  });
});

test("plain http to another machine is warned of", async () => {
  const run = await captureWithApi(["get", "groups"], fakeApi(), { env: { MCPCTL_URL: "http://mcp.example.org:3100" } });
  expect(run.stderr).toStartWith("warning: http://mcp.example.org:3100 has no TLS");
});

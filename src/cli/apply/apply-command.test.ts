import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureWithApi } from "../captured-cli.fixture.ts";
import { AT, type FakeApi, fakeApi, NOW, RAW_KEY, RAW_TOKEN, refuse } from "../fake-api.fixture.ts";
import { parseDocument } from "./parse-document.ts";
import { parseYaml } from "./parse-yaml.ts";
import { planChange } from "./plan-change.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function scratch(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-apply-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const apply = (api: FakeApi, text: string, ...flags: string[]) =>
  captureWithApi(["apply", "-f", "-", ...flags], api, { readStdin: async () => text });

const TEAM = `
kind: mcptoken
name: ci
project: demo
rbac: empty
roleBindings:
  - {role: run, resource: servers, name: content}
ttl: 30d
---
kind: rbac
name: developers
subjects:
  - {kind: User, name: jo@example.org}
roleBindings:
  - role: edit
    resource: servers
  - action: logs
---
kind: project
name: demo
servers: [content, docs]
---
kind: prompt
name: hello
project: demo
template: Hello {{name}}
arguments: [{name: name, required: true}]
---
kind: server
handle: docs
backing: {kind: url, url: "https://h/mcp", secretHeaders: {Authorization: docs-key}}
---
kind: server
handle: content
backing: {kind: builtin, name: content}
---
kind: secret
name: docs-key
value: s3cret
---
kind: group
name: dev
members: [jo]
---
kind: user
username: jo
email: jo@example.org
---
kind: gateway
name: edge-1
`;

test("a server's policy is a nested object: applied as written, left alone where it is so already, and refused by its key", async () => {
  const api = fakeApi();
  const document = `
kind: server
handle: content
backing: {kind: builtin, name: content}
policy:
  denyTools: [drop_*]
  tools:
    q: {rename: search, hidden: false}
  timeouts: {idleSeconds: 30}
`;
  const policy = { denyTools: ["drop_*"], tools: { q: { rename: "search", hidden: false } }, timeouts: { idleSeconds: 30 } };
  expect(await apply(api, document)).toMatchObject({ exitCode: 0 });
  expect(api.tables.servers[0]).toMatchObject({ handle: "content", policy });
  expect(await apply(api, document)).toMatchObject({ exitCode: 0 });
  expect(api.changes()).toEqual(["servers.create"]);
  expect(await apply(api, document.replace("[drop_*]", "[]"))).toMatchObject({ exitCode: 0 });
  expect(api.calls.at(-1)?.body).toEqual({ policy: { ...policy, denyTools: [] } });
  const misspelt = await apply(api, document.replace("denyTools", "denytools"));
  expect(misspelt).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("denytools") });
});

test("documents are applied in the order in which one needs the other, with a summary", async () => {
  const api = fakeApi();
  const run = await apply(api, TEAM);
  expect(run.exitCode).toBe(0);
  expect(run.stdout.split("\n")).toEqual([
    "user/jo created",
    "group/dev created",
    "secret/docs-key created",
    "server/docs created",
    "server/content created",
    "project/demo created",
    "prompt/demo/hello created",
    "rbac/developers created",
    "mcptoken/demo/ci created",
    RAW_TOKEN,
    "gateway/edge-1 created",
    RAW_KEY,
    "10 created",
    "",
  ]);
  expect(run.stderr).toContain("Copy mcptoken/demo/ci now: it is not shown again.\n");
  expect(api.calls.find(({ endpoint }) => endpoint === "mcptokens.create")?.body).toMatchObject({ expiresAt: "2026-07-01T12:00:00.000Z" });
});

test("the YAML shape of role bindings is roleBindings: [{role, resource, name} or {action}]", async () => {
  const api = fakeApi();
  await apply(api, TEAM);
  expect(api.tables.rbac[0]?.roleBindings).toEqual([{ role: "edit", resource: "servers" }, { action: "logs" }]);
  const { stdout } = await captureWithApi(["get", "rbac", "developers", "-o", "yaml"], api);
  expect(stdout).toContain("roleBindings:\n  - role: edit\n    resource: servers\n  - action: logs\n");
});

test("what is so already is unchanged, and a token that is there is left alone", async () => {
  const api = fakeApi();
  await apply(api, TEAM);
  const before = api.changes().length;
  const run = await apply(api, TEAM.replace("value: s3cret", ""));
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  expect(run.stdout).toContain("mcptoken/demo/ci already active - skipped\n");
  expect(run.stdout).toContain("gateway/edge-1 already enrolled - skipped\n");
  expect(run.stdout).toEndWith("\n8 unchanged, 2 skipped\n");
  expect(run.stdout).not.toContain("mcpctl_");
  expect(api.changes()).toHaveLength(before);
});

test("a token whose time is over gives way to a new one", async () => {
  const api = fakeApi({
    mcptokens: [{ name: "ci", project: "demo", status: "revoked", revokedAt: AT, expiresAt: null, roleBindings: [] }],
  });
  const run = await apply(api, "kind: token\nname: ci\nproject: demo\n");
  expect(run.stdout).toBe(`mcptoken/demo/ci created\n${RAW_TOKEN}\n1 created\n`);
});

test("get -o yaml of every kind, applied again, changes nothing", async () => {
  const api = fakeApi();
  await apply(api, TEAM);
  api.tables.rbac.push({ ...api.tables.rbac[0], name: "mcptoken-tok_0000000000000000000001", tokenId: "tok_1" });
  const before = structuredClone(api.tables);
  const texts = [];
  for (const kind of ["users", "groups", "secrets", "servers", "projects", "prompts", "rbac", "mcptokens", "gateways"])
    texts.push((await captureWithApi(["get", kind, "-o", "yaml"], api)).stdout);
  for (const internal of ["id:", "version:", "createdAt:", "sha:", "prefix:", "tokenId:", "hasPassword:", "status:"])
    expect(texts.join("").match(new RegExp(`^${internal}`, "m"))).toBeNull();
  const run = await apply(api, texts.join("---\n"));
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  expect(run.stdout).toEndWith("8 unchanged, 3 skipped\n");
  expect(run.stdout).toContain("rbac/mcptoken-tok_0000000000000000000001 comes and goes with its token - skipped\n");
  expect(api.tables).toEqual(before);
});

test("only what is said and different is changed, in the version that was read", async () => {
  const api = fakeApi({ projects: [{ name: "demo", servers: ["a"], description: "kept" }] });
  expect(await apply(api, "kind: project\nname: demo\nservers: [a, b]\n")).toEqual({
    exitCode: 0,
    stdout: "project/demo configured\n1 configured\n",
    stderr: "",
  });
  expect(api.calls.at(-1)).toMatchObject({ endpoint: "projects.update", body: { servers: ["a", "b"] }, ifMatch: '"1"' });
  expect(api.tables.projects[0]).toMatchObject({ description: "kept", version: 2 });
});

test("the owner of a new project is given in a second step", async () => {
  const api = fakeApi();
  await apply(api, "kind: project\nname: demo\nowner: jo\n---\nkind: project\nname: shop\nowner: ada\n");
  expect(api.changes()).toEqual(["projects.create", "projects.update", "projects.create"]);
  expect(api.tables.projects.map(({ owner }) => owner)).toEqual(["jo", "ada"]);
});

test("the order of members, roles, subjects and bindings says nothing; that of a project's servers does", async () => {
  const api = fakeApi({
    groups: [{ name: "dev", members: ["ada", "jo"] }],
    projects: [{ name: "demo", servers: ["a", "b"] }],
  });
  const run = await apply(api, "kind: group\nname: dev\nmembers: [jo, ada]\n---\nkind: project\nname: demo\nservers: [b, a]\n");
  expect(run.stdout).toBe("group/dev unchanged\nproject/demo configured\n1 configured, 1 unchanged\n");
});

test("an email is the same in whatever case", async () => {
  const api = fakeApi({
    rbac: [{ name: "dev", subjects: [{ kind: "User", name: "jo@example.org" }], roleBindings: [{ action: "logs" }] }],
    users: [{ username: "jo", email: "jo@example.org", roles: [], disabled: false }],
  });
  const rbac = "kind: rbac\nname: dev\nsubjects: [{kind: User, name: Jo@Example.org}]\nroleBindings: [{action: logs}]\n";
  const run = await apply(api, `${rbac}---\nkind: user\nusername: jo\nemail: JO@example.org\n`);
  expect(run.stdout).toBe("user/jo unchanged\nrbac/dev unchanged\n2 unchanged\n");
});

test("--dry-run says what would be done and does nothing", async () => {
  const api = fakeApi({ projects: [{ name: "demo", servers: [] }] });
  const run = await apply(api, "kind: project\nname: demo\nservers: [a]\n---\nkind: group\nname: dev\n", "--dry-run");
  expect(run.stdout).toBe("group/dev created (dry run)\nproject/demo configured (dry run)\n1 created, 1 configured (dry run)\n");
  expect(api.changes()).toEqual([]);
});

test("one that fails keeps none of the others: exit code 3, and 1 where all fail", async () => {
  const api = fakeApi(
    {},
    { "groups.create": () => refuse(403, "PERMISSION_DENIED", "User jo may not create groups/dev", "it takes a role") },
  );
  const group = "kind: group\nname: dev\n";
  expect(await apply(api, `${group}---\nkind: project\nname: demo\n`)).toEqual({
    exitCode: 3,
    stdout: "project/demo created\n1 created, 1 failed\n",
    stderr: "error: group/dev: User jo may not create groups/dev\nhint: it takes a role\n",
  });
  expect(await apply(api, group)).toMatchObject({ exitCode: 1, stdout: "1 failed\n" });
});

test.each([
  ["kind: project\nname: demo\nsevers: [a]\n", "stdin:3: severs is no field of a project\nhint: did you mean servers? fields are"],
  ["kind: server\nname: docs\n", "stdin:1: handle: is missing\nhint: a server is named by handle:"],
  ["kind: server\nhandle: d\nbacking: {kind: url, url: 'http://h', heders: {}}\n", "stdin:3: backing.heders is no field of a server"],
  ["kind: prject\nname: demo\n", "stdin:1: kind: 'prject' is no kind of document\nhint: did you mean project? kinds are"],
  ["kind: audit\nname: demo\n", "stdin:1: kind: 'audit' is no kind of document"],
  ["kind: project\nnmae: demo\n", "stdin:1: name: is missing\nhint: did you mean name by nmae?"],
  ["name: demo\n", "stdin:1: kind: is missing"],
  ["kind: project\nname: Demo\n", "stdin:2: name: must be 2-63 of a-z"],
  ["kind: user\nusername: jo\npassword: hunter2hunter2\n", "stdin:3: password is no field of a user"],
  [
    "kind: rbac\nname: dev\nsubjects: [{kind: User, name: jo}]\nroleBindings:\n- {role: edit, resource: sevrers}\n",
    "stdin:5: roleBindings.0: must be {role,",
  ],
  ["kind: project\nname: demo\n---\nkind: proj\nname: demo\n", "stdin:4: project/demo stands in stdin:1 already"],
  [
    "kind: mcptoken\nname: ci\nproject: demo\nttl: 1d\nexpiresAt: 2027-01-01T00:00:00Z\n",
    "stdin:1: mcptoken: must have ttl or expiresAt, not both",
  ],
  ["just text\n", "stdin:1: a document is a mapping that starts with kind:"],
  ["# nothing\n", "There is no document in -"],
])("%p is refused with file and line, and nothing is applied", async (text, message) => {
  const api = fakeApi();
  const run = await apply(api, text);
  expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run.stderr).toStartWith(`error: ${message}`);
  expect(run.stderr).not.toContain("hunter2");
  expect(api.calls).toEqual([]);
});

test("a folder gives its YAML and JSON files, and nothing is applied where one of them is wrong", async () => {
  const folder = scratch({ "b.yaml": "kind: group\nname: dev\n", "a.json": '{"kind": "project", "name": "demo"}', "notes.txt": "kind: x" });
  mkdirSync(join(folder, "more"));
  const api = fakeApi();
  expect(await captureWithApi(["apply", "-f", folder], api)).toMatchObject({
    exitCode: 0,
    stdout: "group/dev created\nproject/demo created\n2 created\n",
  });
  writeFileSync(join(folder, "c.yml"), "kind: group\nname: ops\nmembres: []\n");
  const run = await captureWithApi(["apply", "-f", folder], fakeApi());
  expect(run).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining(`${join(folder, "c.yml")}:3: membres is no field of a group`),
  });
  expect(await captureWithApi(["apply", "-f", join(folder, "gone.yaml")], api)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("ENOENT"),
  });
});

test("a secret is created with a value alone, and a value that is given is set again", async () => {
  const api = fakeApi();
  expect(await apply(api, "kind: secret\nname: key\n")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("value: is missing"),
  });
  await apply(api, "kind: secret\nname: key\nvalue: one\n");
  expect((await apply(api, "kind: secret\nname: key\nvalue: two\n")).stdout).toStartWith("secret/key configured\n");
  expect(api.calls.at(-1)?.body).toEqual({ value: "two" });
});

test("a value that was not shown does not become the value", async () => {
  const text = "kind: server\nhandle: d\nbacking: {kind: url, url: 'http://h', headers: {X: '***'}}\n";
  const run = await apply(fakeApi(), text);
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("stands for a value that was not shown") });
  const hidden = {
    handle: "d",
    backing: { kind: "url", url: "http://h", headers: { X: "***" } },
    enabled: true,
    rateLimit: null,
    projects: [],
  };
  expect((await apply(fakeApi({ servers: [hidden] }), text)).stdout).toBe("server/d unchanged\n1 unchanged\n");
});

test("what cannot be changed is said, not passed over", () => {
  const [raw] = parseYaml("f.yaml", "kind: project\nname: demo\ndescription: new\n");
  if (raw === undefined) throw new Error("no document");
  const document = parseDocument(raw);
  const current = { name: "demo", description: "old", servers: [] };
  const { list, get } = document.kind.endpoints;
  const fixed = { ...document, kind: { ...document.kind, endpoints: { list, get } } };
  expect(planChange(document, current, NOW)).toEqual({ step: "update", patch: { description: "new" } });
  expect(() => planChange(fixed, current, NOW)).toThrow(
    expect.objectContaining({ reason: "FIELD_FIXED", message: "f.yaml:1: description of a project cannot be changed" }),
  );
});

test("where mcpd is lost, the rest is not tried", async () => {
  const documents = ["a1", "b2", "c3"].map((name) => `kind: group\nname: ${name}\n`).join("---\n");
  let calls = 0;
  const gone = {
    fetch: async () => {
      calls += 1;
      throw Object.assign(new Error("refused"), { code: "ConnectionRefused" });
    },
  };
  const run = await captureWithApi(["apply", "-f", "-"], gone, { readStdin: async () => documents });
  expect(run).toMatchObject({ exitCode: 1, stdout: "" });
  expect(run.stderr).toContain("error: mcpd at http://127.0.0.1:3100 cannot be reached: ConnectionRefused\n");
  expect(calls).toBe(1);

  const api = fakeApi(
    {},
    { "groups.get": ({ params }) => refuse(params.id === "a1" ? 404 : 401, "SESSION_ENDED", "The session has ended") },
  );
  const later = await apply(api, documents);
  expect(later).toMatchObject({ exitCode: 3, stdout: "group/a1 created\n1 created, 2 failed\n" });
  expect(api.calls.map(({ endpoint }) => endpoint)).toEqual(["groups.get", "groups.create", "groups.get"]);
});

import { expect, test } from "bun:test";
import { projectSchema } from "../../api/resources/project.ts";
import { type NounApi, READY, withNounApi } from "./noun-api.fixture.ts";

const CONTENT = { kind: "builtin", name: "content" };
const STDIO = { kind: "stdio", command: "node", args: [], env: { TOKEN: "hush" }, secretEnv: { KEY: "key" } };

/** The project `demo` with the servers `content` and `files`, beside the server `lone`. */
async function seed({ call }: NounApi): Promise<void> {
  await call("POST", "/secrets", { body: { name: "key", value: "very secret" } });
  for (const [handle, backing] of [
    ["content", CONTENT],
    ["files", STDIO],
    ["lone", CONTENT],
  ] as const) {
    expect(await call("POST", "/servers", { body: { handle, backing } })).toMatchObject({ status: 201 });
  }
  expect(await call("POST", "/projects", { body: { name: "demo", servers: ["content", "files"] } })).toMatchObject({ status: 201 });
}

test("a project is created, read, changed and deleted by name, with its version as the ETag", () =>
  withNounApi(async (api) => {
    await seed(api);
    const created = await api.call("POST", "/projects", { body: { name: "team", description: "ours", servers: ["lone"] } });
    expect(created.headers.get("location")).toBe("/api/v1/projects/team");
    expect(created.body).toEqual({
      id: expect.stringMatching(/^prj_/),
      name: "team",
      description: "ours",
      owner: "ada",
      servers: ["lone"],
      version: 1,
      createdAt: "2026-01-02T03:04:05.678Z",
      updatedAt: "2026-01-02T03:04:05.678Z",
    });
    expect(projectSchema.strict().parse(created.body)).toEqual(created.body);
    const read = await api.call("GET", "/projects/team");
    expect({ body: read.body, etag: read.headers.get("etag") }).toEqual({ body: created.body, etag: '"1"' });
    expect((await api.call("GET", `/projects/${created.body.id}`)).body).toEqual(created.body);
    const patched = await api.call("PATCH", "/projects/team", { body: { description: "new", servers: [] }, ifMatch: '"1"' });
    expect(patched).toMatchObject({ status: 200, body: { description: "new", servers: [], version: 2 } });
    const stale = await api.call("PATCH", "/projects/team", { body: { description: "x" }, ifMatch: '"1"' });
    expect(stale).toMatchObject({ status: 412, body: { error: { code: "precondition_failed", reason: "VERSION_STALE" } } });
    expect(await api.call("DELETE", "/projects/team", { ifMatch: '"1"' })).toMatchObject({ status: 412 });
    expect(await api.call("DELETE", "/projects/team", { ifMatch: '"2"' })).toMatchObject({ status: 204, body: undefined });
    expect(await api.call("GET", "/projects/team")).toMatchObject({ status: 404, body: { error: { reason: "PROJECT_UNKNOWN" } } });
  }));

test("a name that is taken is a conflict, also for one of two who come at once", () =>
  withNounApi(async ({ call }) => {
    const both = await Promise.all([1, 2].map(() => call("POST", "/projects", { body: { name: "demo" } })));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(both.find(({ status }) => status === 409)?.body.error).toMatchObject({ code: "conflict", reason: "PROJECT_NAME_TAKEN" });
  }));

test("a server is attached and detached, each once however often it is said", () =>
  withNounApi(async (api) => {
    await seed(api);
    for (let times = 0; times < 2; times += 1) {
      const attached = await api.call("PUT", "/projects/demo/servers/lone");
      expect(attached).toMatchObject({ status: 200, body: { servers: ["content", "files", "lone"], version: 2 } });
    }
    for (let times = 0; times < 2; times += 1) {
      expect((await api.call("DELETE", "/projects/demo/servers/content")).body).toMatchObject({ servers: ["files", "lone"], version: 3 });
    }
    expect(await api.call("PUT", "/projects/demo/servers/none")).toMatchObject({
      status: 404,
      body: { error: { reason: "SERVER_UNKNOWN" } },
    });
    expect(await api.call("PUT", "/projects/demo/servers/content", { ifMatch: '"1"' })).toMatchObject({ status: 412 });
    expect(api.nouns.recorded().slice(-2)).toEqual(["project.attach projects/demo", "project.detach projects/demo"]);
  }));

test("a list shows what the caller may view, in full pages, and refuses who may view none", () =>
  withNounApi(async ({ call, grant }) => {
    for (const name of ["aa", "bb", "cc", "dd", "ee"]) await call("POST", "/projects", { body: { name } });
    grant(
      "bob",
      { role: "view", resource: "projects", name: "aa" },
      { role: "edit", resource: "projects", name: "dd" },
      { role: "view", resource: "projects", name: "ee" },
    );
    const names = (answer: { body: { items: { name: string }[] } }) => answer.body.items.map(({ name }) => name);
    const first = await call("GET", "/projects?limit=2", { as: "bob" });
    expect(names(first)).toEqual(["aa", "dd"]);
    const second = await call("GET", `/projects?limit=2&cursor=${first.body.nextCursor}`, { as: "bob" });
    expect({ names: names(second), next: second.body.nextCursor }).toEqual({ names: ["ee"], next: null });
    expect(names(await call("GET", "/projects?sort=-name", { as: "bob" }))).toEqual(["ee", "dd", "aa"]);
    expect(names(await call("GET", "/projects"))).toEqual(["aa", "bb", "cc", "dd", "ee"]);
    grant("carl", { role: "create", resource: "projects" });
    const refused = await call("GET", "/projects", { as: "carl" });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "forbidden", reason: "PERMISSION_DENIED" } } });
  }));

test("a list is filtered by name, owner and server; a filter that fits nothing gives an empty list", () =>
  withNounApi(async (api) => {
    await seed(api);
    await api.call("POST", "/projects", { body: { name: "other" } });
    await api.call("PATCH", "/projects/other", { body: { owner: "bob" } });
    const names = async (query: string) =>
      (await api.call("GET", `/projects?${query}`)).body.items.map((each: { name: string }) => each.name);
    expect(await names("name=demo")).toEqual(["demo"]);
    expect(await names("owner=bob")).toEqual(["other"]);
    expect(await names("server=files")).toEqual(["demo"]);
    expect(await names("server=files&owner=bob")).toEqual([]);
    for (const query of ["name=Demo", "name=demo%00", "name=d%25", "name=_emo", "owner=%F0%9F%99%82", "name=d%C3%A9mo"])
      expect(await names(query)).toEqual([]);
    expect(await api.call("GET", "/projects?nmae=demo")).toMatchObject({ status: 400, body: { error: { reason: "FIELD_INVALID" } } });
    expect(await api.call("GET", "/projects?limit=501")).toMatchObject({ status: 400 });
    expect(await api.call("GET", "/projects?cursor=nonsense")).toMatchObject({
      status: 400,
      body: { error: { reason: "CURSOR_INVALID" } },
    });
  }));

test("the servers of a project come in its order, those that the caller may view, without the values they hold", () =>
  withNounApi(async (api) => {
    await seed(api);
    const all = await api.call("GET", "/projects/demo/servers");
    expect(all.body.items).toMatchObject([
      { handle: "content", projects: ["demo"], status: READY },
      { handle: "files", backing: { env: { TOKEN: "hush" }, secretEnv: { KEY: "key" } }, status: null },
    ]);
    const view = { role: "view", resource: "projects", name: "demo" } as const;
    api.grant("bob", view, { role: "view", resource: "servers", name: "files" });
    const some = await api.call("GET", "/projects/demo/servers", { as: "bob" });
    expect(some.body.items).toMatchObject([{ handle: "files", backing: { env: { TOKEN: "***" }, secretEnv: { KEY: "key" } } }]);
    expect(JSON.stringify(all.body)).not.toContain("very secret");
    api.grant("carl", { role: "view", resource: "servers" });
    expect(await api.call("GET", "/projects/demo/servers", { as: "carl" })).toMatchObject({ status: 403 });
  }));

test("a token reaches its own project alone, and without rights not even that", () =>
  withNounApi(async (api) => {
    await seed(api);
    await api.call("POST", "/projects", { body: { name: "other" } });
    api.grantToken("empty");
    expect(await api.call("GET", "/projects/demo/servers", { as: "empty" })).toMatchObject({ status: 403 });
    api.grantToken("full", { role: "view", resource: "*" });
    expect((await api.call("GET", "/projects/demo/servers", { as: "full" })).body.items).toHaveLength(2);
    expect(await api.call("GET", "/projects/demo", { as: "full" })).toMatchObject({ status: 200 });
    for (const path of ["/projects/other", "/projects/other/servers", "/projects", "/servers", "/secrets", "/prompts"]) {
      expect(await api.call("GET", path, { as: "full" })).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
    }
  }));

test("what could be no project is refused, naming the field and its limit", () =>
  withNounApi(async ({ call, nouns }) => {
    const handles = Array.from({ length: 10_000 }, (_, index) => `s${index}`);
    const refused: readonly (readonly [unknown, string])[] = [
      [{}, "body.name: "],
      [{ name: "x".repeat(64) }, "body.name: must be 2-63 of a-z, 0-9 and '-'"],
      [{ name: "dеmo" }, "body.name: must be"],
      [{ name: "de\u0000mo" }, "body.name: must be"],
      [{ name: "demo\n" }, "body.name: must be"],
      [{ name: 7 }, "body.name: "],
      [{ name: "demo", description: "x".repeat(501) }, "body.description: must have at most 500 characters"],
      [{ name: "demo", description: "a\u001b[2J" }, "body.description: must be one line without control characters"],
      [{ name: "demo", description: "\u202eevil" }, "body.description: must be one line"],
      [{ name: "demo", servers: handles }, "body.servers: must have at most 200 servers"],
      [{ name: "demo", servers: ["A"] }, "body.servers.0: must be 1-32"],
      [{ name: "demo", owner: "bob" }, "owner"],
      [`{"name":"demo","description":${"[".repeat(2000)}${"]".repeat(2000)}}`, "The body is nested deeper than 32 levels"],
      ["{", "The body is not JSON"],
    ];
    for (const [body, message] of refused) {
      const answer = await call("POST", "/projects", { body });
      expect({ status: answer.status, says: answer.body.error.message.includes(message) || answer.body.error.message }).toEqual({
        status: 400,
        says: true,
      });
    }
    expect(await call("POST", "/projects", { body: { name: "demo", servers: ["a", "a"] } })).toMatchObject({ status: 400 });
    const large = await call("POST", "/projects", { body: { name: "demo", description: "x".repeat(2 ** 21) } });
    expect(large).toMatchObject({ status: 413, body: { error: { code: "payload_too_large" } } });
    expect(nouns.changes).toEqual([]);
  }));

test("every refusal of rights is audited, and no change without one", () =>
  withNounApi(async (api) => {
    await seed(api);
    api.grant("bob", { role: "view", resource: "projects" });
    for (const [method, path, body] of [
      ["POST", "/projects", { name: "mine" }],
      ["PATCH", "/projects/demo", { description: "x" }],
      ["DELETE", "/projects/demo", undefined],
      ["PUT", "/projects/demo/servers/lone", undefined],
      ["DELETE", "/projects/demo/servers/files", undefined],
    ] as const) {
      expect(await api.call(method, path, { body, as: "bob" })).toMatchObject({ status: 403 });
    }
    expect(api.audited.map(({ kind, outcome, actorName }) => `${kind} ${outcome} ${actorName}`)).toEqual(
      Array(5).fill("rbac_decision refused bob"),
    );
    expect((await api.call("GET", "/projects/demo")).body).toMatchObject({ version: 1 });
  }));

import { expect, test } from "bun:test";
import { serverSchema } from "../../api/resources/server.ts";
import { READY, withNounApi } from "./noun-api.fixture.ts";

const CONTENT = { kind: "builtin", name: "content" };
const STDIO = { kind: "stdio", command: "node", args: ["--port=1"], env: { TOKEN: "hush" } };
const URL_BACKING = { kind: "url", url: "https://example.org/mcp", headers: { "X-Key": "hush" } };

test("a server is created, read, changed and deleted by handle, with its version as the ETag and its state", () =>
  withNounApi(async ({ call }) => {
    await call("POST", "/projects", { body: { name: "demo" } });
    const created = await call("POST", "/servers", { body: { handle: "content", backing: CONTENT, rateLimit: 60, projects: ["demo"] } });
    expect(created.headers.get("location")).toBe("/api/v1/servers/content");
    expect(created.body).toEqual({
      id: expect.stringMatching(/^srv_/),
      handle: "content",
      description: "",
      backing: CONTENT,
      enabled: true,
      rateLimit: 60,
      writeTools: false,
      offersWriteTools: false,
      policy: {},
      projects: ["demo"],
      status: READY,
      version: 1,
      createdAt: "2026-01-02T03:04:05.678Z",
      updatedAt: "2026-01-02T03:04:05.678Z",
    });
    expect(serverSchema.strict().parse(created.body)).toEqual(created.body);
    for (const path of ["/servers/content", `/servers/${created.body.id}`]) expect((await call("GET", path)).body).toEqual(created.body);
    const patched = await call("PATCH", "/servers/content", { body: { enabled: false, rateLimit: null }, ifMatch: '"1"' });
    expect(patched.body).toMatchObject({ enabled: false, rateLimit: null, version: 2, projects: ["demo"] });
    expect(patched.headers.get("etag")).toBe('"2"');
    expect(await call("PATCH", "/servers/content", { body: { enabled: true }, ifMatch: '"1"' })).toMatchObject({ status: 412 });
    expect(await call("DELETE", "/servers/content")).toMatchObject({ status: 204 });
    expect(await call("GET", "/servers/content")).toMatchObject({ status: 404, body: { error: { reason: "SERVER_UNKNOWN" } } });
    expect((await call("GET", "/projects/demo")).body.servers).toEqual([]);
  }));

test("tools that write are off by default, and turned on and off by who may edit the server", () =>
  withNounApi(async ({ call, grant, nouns }) => {
    expect((await call("POST", "/servers", { body: { handle: "content", backing: CONTENT } })).body).toMatchObject({ writeTools: false });
    const on = { writeTools: true, offersWriteTools: true };
    expect((await call("POST", "/servers", { body: { handle: "open", backing: CONTENT, writeTools: true } })).body).toMatchObject(on);
    grant("bob", { role: "view", resource: "servers" });
    grant("carl", { role: "edit", resource: "servers", name: "content" });
    const patch = (as: string, writeTools: boolean) => call("PATCH", "/servers/content", { as, body: { writeTools } });
    expect(await patch("bob", true)).toMatchObject({ status: 403 });
    expect(await patch("carl", true)).toMatchObject({ status: 200, body: { ...on, version: 2 } });
    expect(nouns.changes.at(-1)?.event).toMatchObject({ action: "server.update", detail: { changed: { writeTools: true } } });
    expect((await patch("carl", true)).body.version).toBe(2);
    expect((await patch("carl", false)).body).toMatchObject({ writeTools: false, offersWriteTools: false, version: 3 });
  }));

test("a policy is set and replaced as a whole by who may edit the server, and shown to who may view it", () =>
  withNounApi(async ({ call, grant }) => {
    const policy = { denyTools: ["drop_*"], scopes: { "tools/call": "mcp:admin" }, stream: { heartbeatSeconds: 5 }, probe: "off" };
    expect((await call("POST", "/servers", { body: { handle: "s", backing: CONTENT, policy } })).body).toMatchObject({ policy });
    grant("bob", { role: "view", resource: "servers" });
    expect((await call("GET", "/servers/s", { as: "bob" })).body.policy).toEqual(policy);
    expect(await call("PATCH", "/servers/s", { as: "bob", body: { policy: {} } })).toMatchObject({ status: 403 });
    expect((await call("PATCH", "/servers/s", { body: { policy: { concurrency: 3 } } })).body.policy).toEqual({ concurrency: 3 });
  }));

test("values of variables and headers are shown to those who may edit the server, and hidden from others", () =>
  withNounApi(async ({ call, grant }) => {
    await call("POST", "/servers", { body: { handle: "files", backing: STDIO } });
    await call("POST", "/servers", { body: { handle: "api", backing: URL_BACKING } });
    grant("bob", { role: "view", resource: "servers" });
    grant("carl", { role: "edit", resource: "servers", name: "files" }, { role: "view", resource: "servers" });
    const backings = async (as: string) =>
      (await call("GET", "/servers", { as })).body.items.map((each: { backing: unknown }) => each.backing);
    expect(await backings("ada")).toEqual([URL_BACKING, STDIO]);
    expect(await backings("bob")).toEqual([
      { ...URL_BACKING, headers: { "X-Key": "***" } },
      { ...STDIO, env: { TOKEN: "***" } },
    ]);
    expect(await backings("carl")).toEqual([{ ...URL_BACKING, headers: { "X-Key": "***" } }, STDIO]);
    expect((await call("GET", "/servers/files", { as: "bob" })).body.backing.env).toEqual({ TOKEN: "***" });
  }));

test("a server's projects are told to those who may view them", () =>
  withNounApi(async ({ call, grant }) => {
    for (const name of ["one", "two"]) await call("POST", "/projects", { body: { name } });
    await call("POST", "/servers", { body: { handle: "content", backing: CONTENT, projects: ["one", "two"] } });
    grant("bob", { role: "view", resource: "servers" }, { role: "view", resource: "projects", name: "two" });
    expect((await call("GET", "/servers/content", { as: "bob" })).body.projects).toEqual(["two"]);
    expect(await call("GET", "/servers?project=one", { as: "bob" })).toMatchObject({ status: 403 });
    expect((await call("GET", "/servers?project=two", { as: "bob" })).body.items).toHaveLength(1);
  }));

test("a list shows what the caller may view, filtered and in pages", () =>
  withNounApi(async ({ call, grant }) => {
    for (const [handle, backing] of [
      ["c", CONTENT],
      ["a", STDIO],
      ["b", URL_BACKING],
      ["d", CONTENT],
    ] as const) {
      await call("POST", "/servers", { body: { handle, backing, enabled: handle !== "d" } });
    }
    grant(
      "bob",
      { role: "view", resource: "servers", name: "a" },
      { role: "run", resource: "servers", name: "b" },
      { role: "view", resource: "servers", name: "d" },
    );
    const handles = async (query: string, as = "ada") =>
      (await call("GET", `/servers?${query}`, { as })).body.items.map((each: { handle: string }) => each.handle);
    expect(await handles("limit=2", "bob")).toEqual(["a", "d"]);
    expect(await handles("sort=-handle")).toEqual(["d", "c", "b", "a"]);
    expect(await handles("backing=stdio")).toEqual(["a"]);
    expect(await handles("enabled=false")).toEqual(["d"]);
    expect(await handles("enabled=true&backing=builtin")).toEqual(["c"]);
    expect(await handles("handle=b")).toEqual(["b"]);
    expect(await handles("handle=b%00")).toEqual([]);
    const first = await call("GET", "/servers?limit=3");
    expect(await handles(`limit=3&cursor=${first.body.nextCursor}`)).toEqual(["d"]);
    grant("carl", { role: "view", resource: "projects" });
    expect(await call("GET", "/servers", { as: "carl" })).toMatchObject({ status: 403 });
  }));

test("what stands behind a server is judged by who asks and where the API listens", () =>
  withNounApi(async ({ call, grant, nouns }) => {
    const rights = ["create", "edit", "view"] as const;
    grant("bob", ...rights.map((role) => ({ role, resource: "servers" }) as const));
    const create = async (backing: unknown, as = "bob") => {
      const { status, body } = await call("POST", "/servers", { body: { handle: "s", backing }, as });
      return `${status} ${body.error?.reason ?? ""}`;
    };
    const url = (address: string, more = {}) => ({ kind: "url", url: address, ...more });
    expect(await create(STDIO)).toBe("403 STDIO_NEEDS_ADMIN");
    expect(await create({ ...STDIO, command: "/usr/bin/node" }, "ada")).toBe("403 COMMAND_NOT_ALLOWED");
    expect(await create({ ...STDIO, env: { NODE_OPTIONS: "--require=x" } }, "ada")).toBe("400 SERVER_BACKING_REFUSED");
    expect(await create(url("http://127.0.0.1:1/mcp"))).toBe("403 ADDRESS_NOT_ALLOWED");
    expect(await create(url("http://10.0.0.1/", { allowAddresses: ["10.0.0.0/8"] }))).toBe("403 ALLOW_ADDRESSES_NEEDS_ADMIN");
    expect(await create(url("http://169.254.169.254/latest/meta-data"), "ada")).toBe("403 ADDRESS_NOT_ALLOWED");
    expect(await create(url("https://ada:pw@example.org/"), "ada")).toBe("400 SERVER_BACKING_REFUSED");
    expect(await create(url("https://example.org/", { secretHeaders: { Authorization: "none" } }), "ada")).toBe("404 SECRET_UNKNOWN");
    expect(await create(url("https://example.org/", { secretHeaders: { Authorization: "none" } }))).toBe("403 PERMISSION_DENIED");
    expect(await create({ kind: "builtin", name: "none" })).toBe("400 SERVER_BACKING_REFUSED");
    expect(nouns.changes).toEqual([]);
    expect(await create(url("http://127.0.0.1:1/mcp"), "ada")).toBe("201 ");
  }));

test("what could be no server is refused, naming the field and its limit", () =>
  withNounApi(async ({ call, nouns }) => {
    const refused: readonly (readonly [object, string])[] = [
      [{ handle: "x".repeat(33) }, "body.handle: must be 1-32"],
      [{ handle: "a_b" }, "body.handle: must be 1-32"],
      [{ handle: "fіles" }, "body.handle: must be 1-32"],
      [{ rateLimit: -1 }, "body.rateLimit: must be 0 or more calls a minute"],
      [{ policy: { denytools: [] } }, "body.policy"],
      [{ policy: { denyTools: ["a b"] } }, "body.policy.denyTools.0: must be a pattern"],
      [{ policy: { scopes: { "tools/call": "mcp:all" } } }, "body.policy.scopes.tools/call: "],
      [{ policy: { tools: { a: { rename: "c" }, b: { rename: "c" } } } }, "body.policy.tools: must not give one name to two tools"],
      [{ policy: { tools: { a: { rename: "a b" } } } }, "body.policy.tools.a.rename: must be 1-128 of letters"],
      [{ policy: { maxResultBytes: 0 } }, "body.policy.maxResultBytes: must be at least 1024 bytes"],
      [{ policy: { probe: "sometimes" } }, "body.policy.probe: "],
      [{ backing: { ...STDIO, sharing: "all" } }, "body.backing.sharing: "],
      [{ backing: { ...URL_BACKING, transport: "ws" } }, "body.backing.transport: "],
      [{ writeTools: "yes" }, "body.writeTools: "],
      [{ projects: Array(10_000).fill("demo") }, "body.projects: "],
      [{ backing: { ...STDIO, args: Array(10_000).fill("x") } }, "body.backing.args: must have at most 256 arguments"],
      [
        { backing: { ...STDIO, env: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`A${i}`, ""])) } },
        "body.backing.env: must have at most 64 entries",
      ],
      [{ backing: { ...STDIO, command: "a\u0000b" } }, "body.backing.command: must not hold NUL"],
      [{ backing: { ...STDIO, args: Array(200).fill("x".repeat(4000)) } }, "backing: has "],
      [{ backing: { ...URL_BACKING, url: `https://example.org/${"x".repeat(3000)}` } }, "body.backing.url: "],
      [{ backing: { ...URL_BACKING, headers: { "X-A": "a\r\nX-B: c" } } }, "body.backing.headers.X-A: must be printable ASCII"],
      [{ backing: undefined }, "body.backing: "],
      [{ unknown: 1 }, "body"],
    ];
    for (const [body, message] of refused) {
      const answer = await call("POST", "/servers", { body: { handle: "s", backing: CONTENT, ...body } });
      expect({ status: answer.status, says: answer.body.error.message.includes(message) || answer.body.error.message }).toEqual({
        status: 400,
        says: true,
      });
    }
    expect(nouns.changes).toEqual([]);
  }));

import { expect, test } from "bun:test";
import { captureWithApi } from "./captured-cli.fixture.ts";
import { AT, type FakeCall, fakeApi } from "./fake-api.fixture.ts";

const BY = { binding: { role: "edit", resource: "servers" }, source: "developers" };
const yes = () => ({ allowed: true, subject: "User:ada", by: BY, reason: "developers allows it" });
const no = () => ({ allowed: false, subject: "User:ada", by: null, reason: "no role binding of User:ada allows it" });

async function ask(argv: readonly string[], answer: (call: FakeCall) => unknown = yes) {
  const api = fakeApi({}, { "auth.can-i": answer });
  const run = await captureWithApi(["auth", "can-i", ...argv], api);
  return { ...run, query: api.calls[0]?.query };
}

test("auth can-i prints yes and which binding decided: exit code 0; no is exit code 1", async () => {
  expect(await ask(["edit", "servers/docs"])).toEqual({
    exitCode: 0,
    stdout: "yes\nUser:ada: role:edit,resource:servers (developers)\n",
    stderr: "",
    query: { verb: "edit", resource: "servers", name: "docs" },
  });
  expect(await ask(["delete", "projects"], no)).toMatchObject({ exitCode: 1, stdout: "no\nno role binding of User:ada allows it\n" });
});

test.each([
  [["view", "server"], { verb: "view", resource: "servers" }],
  [["view", "mcptokens/demo/ci"], { verb: "view", resource: "mcptokens", name: "demo/ci" }],
  [["run", "*"], { verb: "run", resource: "*" }],
  [["logs"], { action: "logs" }],
  [["run", "servers", "--as", "User:jo@example.org"], { verb: "run", resource: "servers", as: "User:jo@example.org" }],
])("auth can-i %p asks %p", async (argv, query) => {
  expect((await ask(argv)).query).toEqual(query);
});

test.each([
  [["edti", "servers"], "'edti' is no verb\nhint: did you mean edit?"],
  [["view"], "'view' what?"],
  [["logs", "servers"], "'logs' is an action and stands alone"],
  [["log"], "'log' is no action or verb\nhint: did you mean logs?"],
  [["view", "servrs"], "The role binding 'role:view,resource:servrs' is not one"],
])("auth can-i %p is refused", async (argv, message) => {
  const run = await ask(argv);
  expect(run).toMatchObject({ exitCode: 2, stdout: "", query: undefined });
  expect(run.stderr).toStartWith(`error: ${message}`);
});

test("auth can-i -o json is the API's answer", async () => {
  expect(JSON.parse((await ask(["logs", "-o", "json"])).stdout)).toEqual(yes());
});

test("token revoke revokes by name in a project, or by id", async () => {
  const token = { name: "ci", project: "demo", expiresAt: null, roleBindings: [] };
  const api = fakeApi({ mcptokens: [token, { ...token, project: "shop" }] });
  expect(await captureWithApi(["token", "revoke", "ci", "gone", "-p", "shop"], api)).toEqual({
    exitCode: 3,
    stdout: "mcptoken/shop/ci revoked\n",
    stderr: "error: There is no mcptokens gone\n",
  });
  expect(api.tables.mcptokens.map(({ status }) => status)).toEqual(["active", "revoked"]);
  expect(await captureWithApi(["token", "revoke", "ci"], api)).toMatchObject({ exitCode: 2 });
});

const EVENT = {
  id: "w-1",
  writer: "w",
  sequence: 1,
  hash: "h",
  kind: "tool_call_trace",
  outcome: "ok",
  at: AT,
  actorKind: "token",
  actorId: "tok_1",
  actorName: "ci",
  tokenName: "ci",
  project: "demo",
  server: "content",
  tool: "search\u001b[31m",
  status: 200,
};

test("get audit shows who did what", async () => {
  const refused = {
    ...EVENT,
    id: "w-2",
    kind: "rbac_decision",
    outcome: "refused",
    tool: undefined,
    method: "GET /api/v1/users",
    server: undefined,
    status: 403,
    code: "forbidden",
  };
  const created = {
    ...EVENT,
    id: "w-3",
    kind: "rpc",
    tool: undefined,
    server: undefined,
    action: "project.create",
    resource: "projects",
    resourceName: "demo",
  };
  const api = fakeApi({}, { "audit.list": () => ({ items: [EVENT, refused, created], nextCursor: null }) });
  const { stdout } = await captureWithApi(["get", "audit"], api);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["TIME", "KIND", "OUTCOME", "ACTOR", "TOKEN", "PROJECT", "WHAT", "STATUS"],
    ["2026-06-01T10:00:00Z", "tool_call_trace", "ok", "token:ci", "ci", "demo", "content/search [31m", "200"],
    ["2026-06-01T10:00:00Z", "rbac_decision", "refused", "token:ci", "ci", "demo", "GET /api/v1/users", "403 forbidden"],
    ["2026-06-01T10:00:00Z", "rpc", "ok", "token:ci", "ci", "demo", "project.create demo", "200"],
    [""],
  ]);
});

function eventStream(events: readonly object[], whenSent: () => void): Response {
  const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  let sent = false;
  const body = new ReadableStream({
    pull(controller) {
      if (!sent) controller.enqueue(new TextEncoder().encode(text));
      sent = true;
      whenSent();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

test("audit tail shows events as they come until Ctrl-C, which is no failure", async () => {
  const interrupt = new AbortController();
  const api = fakeApi();
  const asked: string[] = [];
  let reads = 0;
  const run = await captureWithApi(
    ["audit", "tail", "-p", "demo", "--outcome", "ok"],
    {
      fetch: async (url, init) => {
        asked.push(url);
        const response = eventStream([EVENT, EVENT], () => {
          reads += 1;
          // The second time somebody waits for more.
          if (reads === 2) interrupt.abort();
        });
        init.signal?.addEventListener("abort", () => void response.body?.cancel().catch(() => undefined));
        return new Response(abortable(response.body, init.signal ?? undefined), response);
      },
    },
    { untilInterrupted: () => interrupt.signal },
  );
  expect(run.exitCode).toBe(0);
  expect(run.stdout.split("\n")).toHaveLength(3);
  expect(run.stdout).toStartWith("2026-06-01T10:00:00Z  tool_call_trace  ok  token:ci  ci  demo  content/search [31m  200\n");
  expect(run.stdout).not.toContain("\u001b");
  expect(asked).toEqual(["http://127.0.0.1:3100/api/v1/audit-tail?project=demo&outcome=ok"]);
  expect(api.calls).toEqual([]);
});

/** As fetch does: the body of an aborted request fails. */
function abortable(body: ReadableStream<Uint8Array> | null, signal: AbortSignal | undefined): ReadableStream<Uint8Array> | null {
  if (body === null || signal === undefined) return body;
  const through = new TransformStream<Uint8Array, Uint8Array>();
  body.pipeTo(through.writable, { signal }).catch(() => undefined);
  return through.readable;
}

test("audit tail -o json writes one event a line, and a stream that mcpd ends is a failure", async () => {
  const run = await captureWithApi(["audit", "tail", "-o", "json"], {
    fetch: async () => new Response(`data: ${JSON.stringify(EVENT)}\n\n`),
  });
  expect(JSON.parse(run.stdout)).toEqual(EVENT);
  expect(run).toMatchObject({ exitCode: 1 });
  expect(run.stderr).toContain("error: mcpd has ended the stream\n");
});

test("audit verify is exit code 0 where the log is whole, and 1 with what was found where it is not", async () => {
  const chain = { writer: "w", first: 1, last: 17, events: 17, ok: true, findings: [] };
  const whole = fakeApi({}, { "audit.verify": () => ({ ok: true, events: 17, chains: [chain] }) });
  expect(await captureWithApi(["audit", "verify"], whole)).toEqual({
    exitCode: 0,
    stdout: "WRITER  EVENTS  FIRST  LAST  CHAIN\nw       17      1      17    ok\nThe audit log is whole: 17 events\n",
    stderr: "",
  });
  const broken = { ok: false, events: 16, chains: [{ ...chain, events: 16, ok: false, findings: ["event 9 is missing"] }] };
  const run = await captureWithApi(["audit", "verify"], fakeApi({}, { "audit.verify": () => broken }));
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toEndWith("BROKEN\nw: event 9 is missing\nThe audit log is BROKEN: 1 findings\n");
  const json = await captureWithApi(["audit", "verify", "-o", "json"], fakeApi({}, { "audit.verify": () => broken }));
  expect({ ...json, stdout: JSON.parse(json.stdout) }).toEqual({ exitCode: 1, stdout: broken, stderr: "" });
});

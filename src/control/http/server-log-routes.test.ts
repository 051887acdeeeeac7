import { expect, test } from "bun:test";
import { eventData } from "../../api/event-data.ts";
import { type NounApi, withNounApi } from "./noun-api.fixture.ts";

const STDIO = { kind: "stdio", command: "node", args: [], env: {} };
const VIEW = { role: "view", resource: "servers" } as const;
const LOGS = { action: "logs" } as const;

/** The API with a stdio server `files` that runs here. */
function withFiles(run: (api: NounApi) => Promise<void>): Promise<void> {
  return withNounApi(async (api) => {
    await api.call("POST", "/servers", { body: { handle: "files", backing: STDIO } });
    api.logs.running.add("files");
    await run(api);
  });
}

/** The lines of a stream, one at a time; undefined where it has ended. */
function linesOf(response: Response) {
  const events = eventData(response.body ?? new ReadableStream())[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await events.next();
    return done === true ? undefined : JSON.parse(value);
  };
}

test("the last lines of a server's process, with how many were there before", () =>
  withFiles(async ({ call }) => {
    const all = await call("GET", "/servers/files/logs");
    expect(all).toMatchObject({
      status: 200,
      body: {
        items: [
          { life: 1, text: "one" },
          { life: 2, text: "two" },
        ],
        dropped: 3,
      },
    });
    expect((await call("GET", "/servers/files/logs?tail=1")).body.items).toEqual([
      { at: "2026-01-02T03:04:05.678Z", life: 2, text: "two" },
    ]);
    for (const query of ["tail=1001", "tail=-1", "tail=x", "follow=yes", "since=1"]) {
      expect(await call("GET", `/servers/files/logs?${query}`)).toMatchObject({
        status: 400,
        body: { error: { code: "invalid_request" } },
      });
    }
  }));

test("it takes the action logs and the view of the server: without the view nobody is told that there is one", () =>
  withFiles(async ({ call, grant, grantToken }) => {
    grant("viewer", VIEW);
    expect(await call("GET", "/servers/files/logs", { as: "viewer" })).toMatchObject({
      status: 403,
      body: { error: { code: "forbidden", hint: expect.stringContaining("action:logs") } },
    });
    grant("logger", LOGS);
    const unseen = await call("GET", "/servers/files/logs", { as: "logger" });
    const unknown = await call("GET", "/servers/nothing/logs", { as: "logger" });
    expect([unseen.status, unseen.body.error.reason]).toEqual([unknown.status, unknown.body.error.reason]);
    grant("both", LOGS, { ...VIEW, name: "files" });
    expect((await call("GET", "/servers/files/logs", { as: "both" })).status).toBe(200);
    grantToken("token", VIEW, LOGS);
    expect((await call("GET", "/servers/files/logs", { as: "token" })).status).toBe(403);
    expect((await call("GET", "/servers/files/logs", { as: "nobody" })).status).toBe(401);
  }));

test("a server without a process, and one whose process runs elsewhere, are told apart", () =>
  withFiles(async ({ call, logs }) => {
    await call("POST", "/servers", { body: { handle: "content", backing: { kind: "builtin", name: "content" } } });
    await call("POST", "/servers", { body: { handle: "far", backing: { kind: "url", url: "https://example.org/mcp" } } });
    await call("POST", "/nodes", { body: { name: "rack-1", address: "rack-1:9444" } });
    const component = { kind: "component", node: "rack-1", service: "crm", component: "api", port: 8080 };
    await call("POST", "/servers", { body: { handle: "crm", backing: component } });
    for (const [handle, what] of [
      ["crm", "is the component crm/api on the node rack-1"],
      ["content", "is built in"],
      ["far", "is at a URL"],
    ]) {
      expect(await call("GET", `/servers/${handle}/logs`)).toMatchObject({
        status: 412,
        body: { error: { reason: "SERVER_WITHOUT_PROCESS", message: expect.stringContaining(what ?? "") } },
      });
    }
    logs.running.clear();
    const here = { reason: "SERVER_NOT_RUN_HERE", hint: expect.stringContaining("enrolled gateway") };
    expect(await call("GET", "/servers/files/logs")).toMatchObject({ status: 412, body: { error: here } });
    await call("PATCH", "/servers/files", { body: { enabled: false } });
    const off = { reason: "SERVER_NOT_RUN_HERE", message: expect.stringContaining("switched off") };
    expect(await call("GET", "/servers/files/logs?follow=true")).toMatchObject({ status: 412, body: { error: off } });
  }));

test("who follows gets the last lines and then each as it comes, and none when they have gone", () =>
  withFiles(async ({ open, logs }) => {
    const gone = new AbortController();
    const response = await open("/servers/files/logs?tail=1&follow=true", "ada", gone.signal);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const next = linesOf(response);
    expect(await next()).toMatchObject({ life: 2, text: "two" });
    logs.say("three");
    expect(await next()).toMatchObject({ text: "three" });
    expect(logs.followers.size).toBe(1);
    gone.abort();
    expect(await next()).toBeUndefined();
    expect(logs.followers.size).toBe(0);
  }));

test("a reader that is too slow is told how many lines it has missed", () =>
  withFiles(async ({ open, logs }) => {
    const next = linesOf(await open("/servers/files/logs?tail=0&follow=true"));
    for (let at = 0; at < 1500; at += 1) logs.say(String(at));
    let line = await next();
    let lines = 0;
    for (; line.skipped === undefined; line = await next()) lines += 1;
    expect(lines + line.skipped).toBe(1500);
    expect(lines).toBeGreaterThanOrEqual(1000);
    logs.say("on it goes");
    expect(await next()).toMatchObject({ text: "on it goes" });
  }));

test("a stream ends with the server, with what it still said; with mcpd; and with the right to it", () =>
  withFiles(async ({ open, logs, stopping, grant }) => {
    const deleted = linesOf(await open("/servers/files/logs?tail=0&follow=true"));
    logs.say("last words");
    logs.end();
    expect(await deleted()).toMatchObject({ text: "last words" });
    expect(await deleted()).toBeUndefined();
    grant("bob", LOGS, VIEW);
    const denied = linesOf(await open("/servers/files/logs?tail=0&follow=true", "bob"));
    grant("bob", VIEW);
    expect(await denied()).toBeUndefined();
    const stopped = linesOf(await open("/servers/files/logs?tail=0&follow=true"));
    stopping.abort();
    expect(await stopped()).toBeUndefined();
    expect(logs.followers.size).toBe(0);
  }));

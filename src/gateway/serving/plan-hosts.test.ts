import { describe, expect, test } from "bun:test";
import type { Backing } from "../../api/server-definition.ts";
import { planHosts } from "./plan-hosts.ts";
import { filledIn, type ServerToRun, serversToRun } from "./server-to-run.ts";

const url = (text: string): Backing => ({ kind: "url", url: text });

function server(handle: string, more: Partial<ServerToRun> = {}): ServerToRun {
  return {
    id: `srv_${handle}`,
    handle,
    backing: url("http://one.test/"),
    enabled: true,
    rateLimit: null,
    writeTools: false,
    policy: {},
    secrets: {},
    ...more,
  };
}

const kinds = (running: ServerToRun[], next: ServerToRun[]) =>
  planHosts(running, next).map((action) => `${action.kind} ${action.kind === "stop" ? action.handle : action.server.handle}`);

test("what is new starts, what is gone stops, and what is as it was runs on", () => {
  expect(kinds([], [server("a"), server("b")])).toEqual(["start a", "start b"]);
  expect(kinds([server("a"), server("b")], [server("b"), server("c")])).toEqual(["keep b", "start c", "stop a"]);
  expect(kinds([server("a")], [])).toEqual(["stop a"]);
  expect(kinds([], [])).toEqual([]);
});

test.each<[string, Partial<ServerToRun>]>([
  ["another backing", { backing: url("http://two.test/") }],
  ["another header", { backing: { kind: "url", url: "http://one.test/", headers: { "x-a": "1" } } }],
  ["another value of a secret", { secrets: { key: "new" } }],
  ["another id under the same handle", { id: "srv_other" }],
  ["another era to speak to it in", { policy: { era: "modern" } }],
])("%s is another server in its place", (_, more) => {
  expect(kinds([server("a", { secrets: {} })], [server("a", more)])).toEqual(["replace a"]);
});

test("the order of keys, another limit, other tools and the rest of a policy change nothing of a connection", () => {
  const one = server("a", { backing: { kind: "stdio", command: "x", args: [], env: { A: "1", B: "2" } } });
  const two = server("a", {
    backing: { env: { B: "2", A: "1" }, args: [], command: "x", kind: "stdio" },
    rateLimit: 5,
    writeTools: true,
    policy: { denyTools: ["x"] },
  });
  expect(planHosts([one], [two])).toEqual([{ kind: "keep", server: two }]);
});

describe("what a server runs with", () => {
  const backing: Backing = {
    kind: "url",
    url: "http://one.test/",
    headers: { "x-plain": "p", "x-both": "plain" },
    secretHeaders: { "x-key": "api-key", "x-both": "api-key" },
  };
  const secrets = { "api-key": "s3cret", other: "not yours" };
  const snapshot = { revision: 1, projects: [], servers: [server("a", { backing }), server("off", { enabled: false })], secrets };

  test("are its own secrets and no others; one that is switched off does not run", () => {
    expect(serversToRun(snapshot)).toEqual([server("a", { backing, secrets: { "api-key": "s3cret" } })]);
  });

  test("secrets are filled in over plain values", () => {
    const [found] = serversToRun(snapshot);
    expect(found && filledIn(found, { "x-plain": "p", "x-both": "plain" }, { "x-key": "api-key", "x-both": "api-key" })).toEqual({
      "x-plain": "p",
      "x-key": "s3cret",
      "x-both": "s3cret",
    });
  });

  test("a secret that does not exist is named", () => {
    const missing = expect.objectContaining({ reason: "SECRET_MISSING", message: expect.stringContaining("api-key") });
    expect(() => filledIn(server("a"), {}, { "x-key": "api-key" })).toThrow(missing);
    expect(() => filledIn(server("a"), {}, { "x-key": "toString" })).toThrow(expect.objectContaining({ reason: "SECRET_MISSING" }));
  });
});

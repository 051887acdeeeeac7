import { expect, test } from "bun:test";
import type { CliConfig } from "./cli-config.ts";
import { resolveTarget } from "./resolve-target.ts";

const CONFIG: CliConfig = {
  current: "home",
  contexts: {
    home: { url: "http://127.0.0.1:3100", token: "mcpctl_ses_home" },
    work: { url: "https://work.example.org", token: "mcpctl_ses_work" },
  },
};
const EMPTY: CliConfig = { current: null, contexts: {} };
const none = () => undefined;

test("without flag and environment it is the current context", () => {
  expect(resolveTarget(CONFIG, {}, undefined, none)).toEqual({
    url: "http://127.0.0.1:3100",
    bearer: "mcpctl_ses_home",
    context: "home",
  });
});

test("the environment replaces the context, and --context replaces the environment", () => {
  const env = { MCPCTL_URL: "https://other.example.org/", MCPCTL_API_TOKEN: "key" };
  expect(resolveTarget(CONFIG, env, undefined, none)).toEqual({ url: "https://other.example.org", bearer: "key", context: undefined });
  expect(resolveTarget(CONFIG, env, "work", none)).toMatchObject({ url: "https://work.example.org", bearer: "mcpctl_ses_work" });
  expect(resolveTarget(CONFIG, { MCPCTL_API_TOKEN: "key" }, undefined, none)).toMatchObject({
    url: "http://127.0.0.1:3100",
    bearer: "key",
  });
});

test("a session goes to the URL that gave it and to no other", () => {
  const at = (url: string) => resolveTarget(CONFIG, { MCPCTL_URL: url }, undefined, none).bearer;
  expect(at("https://work.example.org")).toBe("mcpctl_ses_work");
  expect(at("https://evil.example.org")).toBeUndefined();
});

test("where nothing says which installation, the hint names the one on this machine", () => {
  const local = () => ({ api: "http://127.0.0.1:3100", gateway: "http://127.0.0.1:3200" });
  const thrown = (find: () => ReturnType<typeof local> | undefined) => {
    try {
      return resolveTarget(EMPTY, {}, undefined, find);
    } catch (error) {
      return error;
    }
  };
  expect(thrown(local)).toMatchObject({
    reason: "CONTEXT_MISSING",
    hint: expect.stringContaining("login --url http://127.0.0.1:3100 --username admin"),
  });
  expect(thrown(none)).toMatchObject({ reason: "CONTEXT_MISSING", hint: expect.stringContaining("MCPCTL_URL") });
});

test("an unknown context is refused with the nearest", () => {
  expect(() => resolveTarget(CONFIG, {}, "wrk", none)).toThrow(
    expect.objectContaining({ reason: "CONTEXT_UNKNOWN", hint: expect.stringContaining("did you mean work?") }),
  );
  expect(() => resolveTarget(CONFIG, {}, "constructor", none)).toThrow(expect.objectContaining({ reason: "CONTEXT_UNKNOWN" }));
});

test.each(["ftp://x", "work", "https://u:p@h", "https://h?x=1"])("MCPCTL_URL '%s' is refused, and no password of it shown", (url) => {
  expect(() => resolveTarget(EMPTY, { MCPCTL_URL: url }, undefined, none)).toThrow(
    expect.objectContaining({ reason: "API_URL_INVALID", message: expect.not.stringContaining("u:p") }),
  );
});

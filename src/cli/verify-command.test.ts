import { expect, test } from "bun:test";
import { AppError } from "../core/app-error.ts";
import { FakeRuntime } from "../runtime/fake/fake-runtime.fixture.ts";
import { captureMcpctl } from "./captured-cli.fixture.ts";
import { parseVerifyFlags } from "./verify-flags.ts";

const FLAGS = { path: "/mcp", auth: true, timeout: "60s", output: "text" } as const;

test("an image is verified with a free port, and a variable may come from the environment", () => {
  const flags = { ...FLAGS, env: ["A=1", "JWT_KEY"], tool: "echo", args: '{"text":"{canary}"}' };
  expect(parseVerifyFlags("localhost/x:1", flags, { JWT_KEY: "k=v", MCPCTL_TOKEN: "t" })).toEqual({
    kind: "image",
    image: "localhost/x:1",
    port: undefined,
    hostPort: 0,
    path: "/mcp",
    token: "t",
    otherToken: undefined,
    tool: { name: "echo", args: { text: "{canary}" } },
    env: { A: "1", JWT_KEY: "k=v" },
    wantsToken: true,
    timeoutMs: 10_000,
    startTimeoutMs: 60_000,
    keep: false,
  });
});

test("a service is the container of that name on this machine", () => {
  expect(parseVerifyFlags(undefined, { ...FLAGS, service: "shop/api" }, {})).toMatchObject({ kind: "service", container: "shop-api" });
  expect(parseVerifyFlags(undefined, { ...FLAGS, service: "shop" }, {})).toMatchObject({ container: "shop" });
});

for (const [what, image, flags, reason] of [
  ["nothing", undefined, {}, "VERIFY_TARGET_INVALID"],
  ["an image and a service", "x", { service: "a/b" }, "VERIFY_TARGET_INVALID"],
  ["a variable for a service", undefined, { service: "a/b", env: ["A=1"] }, "VERIFY_TARGET_INVALID"],
  ["no port", "x", { port: "http" }, "PORT_INVALID"],
  ["no path", "x", { path: "mcp" }, "VERIFY_PATH_INVALID"],
  ["arguments without a tool", "x", { args: "{}" }, "ARGS_WITHOUT_TOOL"],
  ["an empty token", "x", { token: "" }, "TOKEN_EMPTY"],
  ["a variable without a value", "x", { env: ["A"] }, "PAIR_INVALID"],
] as const) {
  test(`wrong flags are refused by name: ${what}`, () => {
    expect(() => parseVerifyFlags(image, { ...FLAGS, ...flags }, {})).toThrow(expect.objectContaining({ code: "invalid", reason }));
  });
}

test("no engine, no image and wrong usage are exit code 2 and say what to do", async () => {
  const missing = new AppError("unavailable", "PROGRAM_MISSING", "Neither podman nor Docker is installed on this machine", {
    hint: "install podman",
  });
  const none = await captureMcpctl(["verify", "stateless", "x"], { openEngine: () => Promise.reject(missing) });
  expect(none).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: Neither podman nor Docker is installed on this machine\nhint: install podman\n",
  });
  const engine = async () => ({ runtime: new FakeRuntime(), close: async () => {} });
  const unknown = await captureMcpctl(["verify", "stateless", "localhost/none:1"], { openEngine: engine });
  expect(unknown).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining("The image localhost/none:1 is not on this machine\nhint: pull it first"),
  });
  const service = await captureMcpctl(["verify", "stateless", "--service", "shop/api"], { openEngine: engine });
  expect(service).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("on the node that runs it") });
  expect((await captureMcpctl(["verify", "stateless"], { openEngine: engine })).exitCode).toBe(2);
});

/** MCPLOCAL_CACHE_DIR: what of a gateway apart from mcpd outlives its process, and for whom. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { GatewayProcess } from "./support/gateway-process.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready, UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";
import { METHODS, type Request as RpcRequest } from "./support/well-behaved-answer.ts";

const LIMIT_MS = 60_000;
const scratch = new Scratch("cache-dir");

function startServer() {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const { id, method, params } = (await request.json()) as RpcRequest;
      if (id === undefined) return new Response(null, { status: 202 });
      const answer = METHODS[method];
      if (answer === undefined) return Response.json({ jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } });
      return Response.json({ jsonrpc: "2.0", id, result: answer(params) });
    },
  });
}

describe("with a cache on a volume", () => {
  let up: UpProcess;
  let ready: Ready;
  let admin: RestCaller;
  let server: ReturnType<typeof startServer>;
  let key: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    server = startServer();
    up = scratch.upWithReadyFile("up");
    ready = await up.ready();
    admin = await RestCaller.logIn(ready);
    const backing = { kind: "url", url: `http://127.0.0.1:${server.port}/mcp` };
    await admin.send("POST", "/servers", { handle: "far", backing, projects: ["demo"] });
    writeFileSync(scratch.path("edge.key"), `${(await admin.send("POST", "/gateways", { name: "edge" })).token}\n`, { mode: 0o600 });
    key = { MCPLOCAL_GATEWAY_TOKEN_FILE: scratch.path("edge.key") };
  }, LIMIT_MS);
  afterAll(async () => {
    await server.stop(true);
    await up.stop();
  });

  async function withGateway<T>(env: Readonly<Record<string, string>>, run: (url: string) => Promise<T>): Promise<T> {
    await using gateway = new GatewayProcess(ready.api, { MCP_MULTIUSER_MODE: "true", ...env });
    const result = await run(`${await gateway.ready()}/projects/demo/mcp`);
    expect(await gateway.stop()).toBe(0);
    return result;
  }

  const tools = async (url: string, token = ready.token) => (await McpCaller.open(url, token)).toolNames();
  const until = (url: string, token?: string) =>
    waitUntil("the far server is read", async () => (await tools(url, token)).includes("far__say"));
  const filesIn = (dir: string) => (existsSync(dir) ? readdirSync(dir) : []);

  test(
    "a bare gateway keeps lists for each caller apart, and none of their credentials",
    async () => {
      const dir = scratch.path("bare-cache");
      const tokens = [await admin.makeToken("ann", "demo"), await admin.makeToken("bob", "demo")] as const;
      await withGateway({ MCPLOCAL_CACHE_DIR: dir }, async (url) => {
        await until(url, tokens[0]);
        await waitUntil("hers are kept", () => filesIn(dir).some((name) => readFileSync(`${dir}/${name}`, "utf8").includes('"say')));
        const hers = filesIn(dir).length;
        await until(url, tokens[1]);
        await waitUntil("his are kept beside hers", () => filesIn(dir).length === 2 * hers);
      });
      for (const name of filesIn(dir)) {
        const text = readFileSync(`${dir}/${name}`, "utf8");
        for (const secret of [...tokens, "mcpctl_"]) expect(text).not.toContain(secret);
      }
    },
    LIMIT_MS,
  );

  test(
    "an enrolled gateway lists the tools of a server that is away, after a restart; with memory alone it does not",
    async () => {
      const dir = scratch.path("cache");
      await withGateway({ ...key, MCPLOCAL_CACHE_DIR: dir }, async (url) => {
        await until(url);
        await waitUntil("they are kept", () => filesIn(dir).length === 1);
      });
      await withGateway(key, until);
      await server.stop(true);
      expect(await withGateway({ ...key, MCPLOCAL_CACHE_DIR: dir }, tools)).toContain("far__say");
      expect(await withGateway(key, tools)).not.toContain("far__say");
    },
    LIMIT_MS,
  );

  test("a folder that cannot be written to ends the start, with a word", async () => {
    writeFileSync(scratch.path("file"), "");
    await using gateway = new GatewayProcess(ready.api, { MCPLOCAL_CACHE_DIR: scratch.path("file") });
    expect(await gateway.ended()).not.toBe(0);
    expect(gateway.stderr).toContain(`error: ${scratch.path("file")} cannot be written to`);
  });
});

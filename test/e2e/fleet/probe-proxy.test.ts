import { expect, test } from "bun:test";
import { join } from "node:path";
import { startScriptedMcpServer } from "../../../src/mcp/client/scripted-mcp-server.fixture.ts";

const PROBE = join(import.meta.dirname, "../../../src/agent/probe/http");

test("a probe asks the container itself, whatever proxy the agent's environment names", async () => {
  await using server = startScriptedMcpServer();
  const asked: string[] = [];
  const proxy = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      asked.push(request.url);
      return new Response("from the proxy");
    },
  });
  const script = `
    const { askMcp } = await import(${JSON.stringify(`${PROBE}/ask-mcp.ts`)});
    const { askHttp } = await import(${JSON.stringify(`${PROBE}/ask-http.ts`)});
    const signal = AbortSignal.timeout(10000);
    const mcp = await askMcp(${JSON.stringify(server.url)}, { timeoutMs: 5000, signal });
    await mcp.release?.();
    const http = await askHttp(${JSON.stringify(new URL("/healthz", server.url).href)}, signal);
    console.log(JSON.stringify([mcp.ok, http.ok]));`;
  const address = `http://127.0.0.1:${proxy.port}`;
  const env = { PATH: process.env.PATH ?? "", HTTP_PROXY: address, http_proxy: address, ALL_PROXY: address, NO_PROXY: "" };
  const child = Bun.spawn([process.execPath, "-e", script], { env, stdout: "pipe", stderr: "inherit" });
  const said = await new Response(child.stdout).text();
  await child.exited;
  await proxy.stop(true);
  expect([said.trim(), asked]).toEqual(["[true,true]", []]);
});

/** The settings for nginx that docs/OPERATIONS.md gives, as it gives them, before a real gateway. */
import { afterAll, beforeAll, expect } from "bun:test";
import { requires } from "../support/requires.ts";
import { freePort } from "./support/free-port.ts";
import { Scratch } from "./support/scratch.ts";
import { type Ready, ROOT } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const NGINX = Bun.which("nginx", { PATH: `${process.env.PATH}:/usr/sbin` });
const testWithNginx = requires(NGINX !== null, "nginx is not installed");
const LIMIT_MS = 60_000;
const scratch = new Scratch("proxy");

let ready: Ready;
let proxy = "";
let nginx: Bun.Subprocess | undefined;

beforeAll(async () => {
  if (NGINX === null) return;
  await Bun.write(scratch.path("gateway.toml"), "[stream]\nheartbeat_seconds = 1\n[limits]\nmax_payload_kb = 4\n");
  ready = await scratch.upWithReadyFile("up", { args: ["--config", scratch.path("gateway.toml")] }).ready();
  const port = await freePort();
  proxy = `http://127.0.0.1:${port}`;
  await Bun.write(scratch.path("nginx.conf"), await settings(port));
  nginx = Bun.spawn([NGINX, "-p", scratch.path(), "-e", "stderr", "-c", scratch.path("nginx.conf")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  await waitUntil("nginx answers", async () => (await fetch(`${proxy}/healthz`).catch(() => undefined))?.ok);
}, LIMIT_MS);

afterAll(async () => {
  nginx?.kill();
  await nginx?.exited;
});

async function settings(port: number): Promise<string> {
  const text = await Bun.file(`${ROOT}/docs/OPERATIONS.md`).text();
  const location = /```nginx\n([\s\S]*?)```/.exec(text)?.[1]?.replace("http://127.0.0.1:3200", ready.gateway) ?? "";
  expect(location).toContain("proxy_buffering off");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${JSON.stringify(scratch.path(kind))};`,
  );
  return `daemon off; master_process off; pid ${JSON.stringify(scratch.path("nginx.pid"))};
events {}
http {
  access_log off;
  ${paths.join("\n  ")}
  server {
    listen 127.0.0.1:${port};
    ${location}
  }
}
`;
}

const headers = () => ({ authorization: `Bearer ${ready.token}`, "content-type": "application/json" });
const path = () => `${proxy}/projects/demo/mcp`;

async function open(): Promise<Record<string, string>> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "proxied", version: "1" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const response = await fetch(path(), { method: "POST", headers: headers(), body });
  expect(response.status).toBe(200);
  return { ...headers(), "mcp-session-id": response.headers.get("mcp-session-id") ?? "" };
}

testWithNginx(
  "a stream's first word and its heartbeats come through as they are sent",
  async () => {
    const session = await open();
    const response = await fetch(path(), { headers: { ...session, accept: "text/event-stream" } });
    expect(response.headers.get("x-stream-heartbeat-seconds")).toBe("1");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const pieces: string[] = [];
    while (pieces.filter((piece) => piece.includes(": alive")).length < 2) {
      const { value } = await reader.read();
      pieces.push(new TextDecoder().decode(value));
    }
    // A proxy that holds events back gives them together.
    expect(pieces.every((piece) => piece.split(": alive").length <= 2)).toBe(true);
    await reader.cancel();
  },
  LIMIT_MS,
);

testWithNginx(
  "an answer in JSON and one as a stream come through, and a body over the gateway's limit is told in its own words",
  async () => {
    const session = await open();
    const call = (accept: string, filler = "") => {
      const params = { name: "content__evo.content.search", arguments: { limit: 1, filler } };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/call", params });
      return fetch(path(), { method: "POST", headers: { ...session, accept }, body });
    };
    expect((await call("application/json")).headers.get("content-type")).toBe("application/json");
    const streamed = await call("text/event-stream");
    expect(streamed.headers.get("content-type")).toBe("text/event-stream");
    expect(await streamed.text()).toContain('"id":2');
    const refused = await call("application/json", "x".repeat(5000));
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ error: { code: "payload_too_large" } });
  },
);

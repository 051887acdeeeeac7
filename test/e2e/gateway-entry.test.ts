/** `mcplocal serve` as its environment and its streams see it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { McpCaller } from "./support/mcp-caller.ts";
import { programPath } from "./support/program-path.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const scratch = new Scratch("entry");
const children: Bun.Subprocess[] = [];
let ready: Ready;
beforeAll(async () => {
  ready = await scratch.upWithReadyFile("entry").ready();
}, 60_000);
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map((child) => child.exited));
});

function serve(env: Readonly<Record<string, string | undefined>>) {
  const own = { MCPLOCAL_MCPD_URL: undefined, MCPLOCAL_HTTP_HOST: undefined, MCPLOCAL_HTTP_PORT: undefined };
  const child = Bun.spawn([programPath("mcplocal"), "serve"], {
    env: { ...process.env, ...own, ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  children.push(child);
  return child;
}

test("the environment alone says where it listens and where mcpd is; it speaks HTTP there and nothing on its standard streams", async () => {
  const child = serve({ MCPLOCAL_MCPD_URL: ready.api, MCPLOCAL_HTTP_HOST: "localhost", MCPLOCAL_HTTP_PORT: "0" });
  let stdout = "";
  const reading = (async () => {
    for await (const chunk of child.stdout) stdout += new TextDecoder().decode(chunk);
  })();
  child.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await child.stdin.end();
  const url = await waitUntil(
    "it is ready",
    () => /^mcplocal is ready at (http:\/\/localhost:[1-9]\d*): a bare gateway of mcpd at /m.exec(stdout)?.[1],
    30_000,
  );
  const caller = await McpCaller.open(`${url}/projects/${ready.project}/mcp`, ready.token);
  expect((await caller.request("ping")).json.result).toEqual({});
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  await reading;
  expect(stdout.trim().split("\n")).toHaveLength(1);
});

test("without mcpd's URL it does not start: exit code 2, and it says which variable is missing", async () => {
  const child = serve({});
  expect(await child.exited).toBe(2);
  expect(await child.stdout.text()).toBe("");
  expect(await child.stderr.text()).toMatch(/^error: MCPLOCAL_MCPD_URL is not set\nhint: /);
});

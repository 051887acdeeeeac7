import { describe, expect, test } from "bun:test";
import { onEveryEngineEmpty } from "../../src/store/databases.fixture.ts";
import type { ProgramResult } from "../support/run-program.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const scratch = new Scratch("tokens");
const TIMEOUT_MS = 60_000;
const SEARCH = "content__evo.content.search";

/** Runs `mcpctl` with the context of this engine's instance. */
type Mcpctl = (
  args: readonly string[],
  options?: { readonly stdin?: string; readonly env?: Record<string, string> },
) => Promise<ProgramResult>;

/** Starts an instance on a new database and logs its administrator in. */
async function withInstance(engine: string, url: string, run: (mcpctl: Mcpctl, ready: Ready) => Promise<void>): Promise<void> {
  const up = scratch.upWithReadyFile(`${engine}-${Date.now()}`, { args: ["--database-url", url] });
  const ready = await up.ready();
  const config = scratch.path(`${engine}-${ready.pid}.json`);
  const mcpctl: Mcpctl = (args, { stdin, env } = {}) => scratch.run("mcpctl", args, { MCPCTL_CONFIG: config, ...env }, stdin);
  const { username = "", password = "" } = ready.admin ?? {};
  const login = await mcpctl(["login", "--url", ready.api, "--username", username, "--password-stdin"], { stdin: `${password}\n` });
  expect(login).toMatchObject({ exitCode: 0 });
  expect(login.stdout + login.stderr).not.toContain(password);
  try {
    await run(mcpctl, ready);
  } finally {
    expect(await up.stop()).toBe(0);
  }
}

async function ok(run: Promise<ProgramResult>): Promise<ProgramResult> {
  const result = await run;
  expect(result).toMatchObject({ exitCode: 0 });
  return result;
}

const tokenLines = ({ stdout }: ProgramResult) => stdout.split("\n").filter((line) => line.includes("mcpctl_pat_"));

onEveryEngineEmpty((engine, withUrl) => {
  describe(engine, () => {
    test(
      "a token is made, tested, seen in the audit log and revoked, and the next call fails",
      () =>
        withUrl((url) =>
          withInstance(engine, url, async (mcpctl, ready) => {
            await ok(mcpctl(["create", "project", "vllm", "--server", "content", "--force"]));
            expect((await ok(mcpctl(["create", "project", "vllm", "--force"]))).stdout).toContain("unchanged");
            const created = await ok(mcpctl(["create", "mcptoken", "vllm-token", "--project", "vllm", "--rbac", "clone"]));
            const [token = "", ...more] = tokenLines(created);
            expect(more).toEqual([]);
            expect(token).toMatch(/^mcpctl_pat_[0-9A-Za-z]{43}$/);
            expect(created.stderr).toMatch(/copy/i);
            expect(created.stderr).not.toContain(token);

            const endpoint = `${ready.gateway}/projects/vllm/mcp`;
            const testMcp = (path: string, ...args: string[]) => mcpctl(["test", "mcp", path, ...args], { env: { MCPCTL_TOKEN: token } });
            await ok(testMcp(endpoint, "--expect-tools", SEARCH, "--tool", SEARCH, "--args", '{"limit":1}'));
            const wrong = await testMcp(`${ready.gateway}/projects/demo/mcp`);
            expect(wrong.exitCode).toBe(1);
            expect(wrong.stdout + wrong.stderr).toContain("403");
            expect((await testMcp(endpoint, "--expect-tools", "__nonexistent__")).exitCode).toBe(2);

            const calls = await waitUntil("the call is in the audit log", async () => {
              const { stdout } = await ok(mcpctl(["get", "audit", "--token", "vllm-token", "--kind", "tool_call_trace", "-o", "json"]));
              const { items } = JSON.parse(stdout);
              return items.length > 0 ? items : undefined;
            });
            expect(calls[0]).toMatchObject({
              tokenName: "vllm-token",
              project: "vllm",
              server: "content",
              tool: "evo.content.search",
              outcome: "ok",
            });

            await ok(mcpctl(["token", "revoke", "vllm-token", "--project", "vllm"]));
            const refused = await waitUntil("the revocation has reached the gateway", async () => {
              const result = await testMcp(endpoint);
              return result.exitCode === 0 ? undefined : result;
            });
            expect(refused.exitCode).toBe(1);
            expect(refused.stdout + refused.stderr).toContain("401");
            expect((await ok(mcpctl(["audit", "verify"]))).stdout).toMatch(/ok/i);
          }),
        ),
      TIMEOUT_MS,
    );

    test(
      "a token may call the two servers that it is bound to and no third, for its time",
      () =>
        withUrl((url) =>
          withInstance(engine, url, async (mcpctl, ready) => {
            await ok(mcpctl(["create", "server", "again", "--builtin", "content", "--project", "demo"]));
            const bindings = ["content", "again"].flatMap((name) =>
              ["view", "run"].flatMap((role) => ["--bind", `role:${role},resource:servers,name:${name}`]),
            );
            const [token = ""] = tokenLines(await ok(mcpctl(["create", "mcptoken", "two", "-p", "demo", "--ttl", "30d", ...bindings])));
            const caller = await McpCaller.open(`${ready.gateway}/projects/demo/mcp`, token);
            const servers = new Set((await caller.toolNames()).map((name) => name.split("__")[0]));
            expect([...servers].sort()).toEqual(["again", "content"]);
            expect((await caller.call(SEARCH, { limit: 1 })).json.result.isError ?? false).toBe(false);
            expect((await caller.call("files__list_directory", { path: "/" })).status).toBe(403);
            const { stdout } = await ok(mcpctl(["get", "mcptoken", "two", "-p", "demo", "-o", "json"]));
            const days = (Date.parse(JSON.parse(stdout).expiresAt) - Date.now()) / 86_400_000;
            expect(Math.round(days)).toBe(30);
          }),
        ),
      TIMEOUT_MS,
    );

    test(
      "what get -o yaml prints changes nothing when it is applied",
      () =>
        withUrl((url) =>
          withInstance(engine, url, async (mcpctl) => {
            await ok(mcpctl(["create", "group", "dev", "--member", "admin"]));
            await ok(mcpctl(["create", "rbac", "dev-view", "--subject", "Group:dev", "--roleBindings", "role:view,resource:servers"]));
            for (const kind of ["projects", "servers", "users", "groups", "rbac", "mcptokens"]) {
              const { stdout } = await ok(mcpctl(["get", kind, "--all", "-o", "yaml"]));
              const applied = await ok(mcpctl(["apply", "-f", "-"], { stdin: stdout }));
              expect(applied.stdout).not.toMatch(/created|configured/);
              expect((await mcpctl(["diff", "-f", "-"], { stdin: stdout })).exitCode).toBe(0);
            }
          }),
        ),
      TIMEOUT_MS,
    );
  });
});

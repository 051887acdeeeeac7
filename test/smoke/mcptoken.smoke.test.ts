/**
 * A token's life at an installation that runs: `npm run smoke`, with MCPGW_URL naming the gateway and mcpctl logged in to
 * its mcpd. It makes two projects of its own and deletes them, and touches nothing else. `npm test` leaves it out.
 *
 * MCPGW_SMOKE_SERVER names a server that the projects get; `content` where it is not set.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type HealthVerdict, mcpHealthCheck } from "../../src/mcp/client/mcp-health-check.ts";
import { waitUntil } from "../e2e/support/wait-until.ts";
import { requires } from "../support/requires.ts";
import { type ProgramResult, runProgram } from "../support/run-program.ts";

const ROOT = join(import.meta.dirname, "../..");
const GATEWAY = (process.env.MCPGW_URL ?? "").replace(/\/+$/, "");
const SERVER = process.env.MCPGW_SMOKE_SERVER ?? "content";
/** A gateway that nobody tells of a revocation serves an answer for 30 s. */
const REVOKED_LIMIT_MS = 45_000;
setDefaultTimeout(2 * REVOKED_LIMIT_MS);

const run = `smoke-${randomBytes(4).toString("hex")}`;
const [own, other] = [`${run}-own`, `${run}-other`] as const;
let token = "";

async function healthOf(url: string): Promise<HealthVerdict> {
  return url === "" ? { healthy: false, reason: "MCPGW_URL is not set" } : await mcpHealthCheck(url);
}

const health = await healthOf(GATEWAY);
const reason = health.healthy ? "" : `no gateway to smoke: ${health.reason}`;
if (!health.healthy) process.stderr.write(`warning: every smoke test is skipped: ${reason}\n`);
const smoke = requires(health.healthy, reason);

const mcpctl = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ProgramResult> =>
  runProgram([join(ROOT, "bin/mcpctl"), ...argv], { cwd: ROOT, env });

async function ok(argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await mcpctl(argv);
  if (exitCode !== 0) throw new Error(`mcpctl ${argv.join(" ")} ended with ${exitCode}: ${stderr}`);
  return stdout;
}

const testMcp = (project: string, ...flags: readonly string[]) =>
  mcpctl(["test", "mcp", `${GATEWAY}/projects/${project}/mcp`, ...flags], { MCPCTL_TOKEN: token });

beforeAll(async () => {
  if (!health.healthy) return;
  for (const project of [own, other]) await ok(["create", "project", project, "--server", SERVER]);
  const shown = await ok(["create", "mcptoken", `${run}-token`, "--project", own, "--rbac", "clone", "--ttl", "1h"]);
  token = shown.split("\n").find((line) => line.startsWith("mcpctl_pat_")) ?? "";
});

afterAll(async () => {
  if (!health.healthy) return;
  // Its tokens go with a project.
  for (const project of [own, other]) await mcpctl(["delete", "project", project]);
});

smoke("a token opens its project", async () => {
  const { exitCode, stdout } = await testMcp(own);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining("PASS") });
});

smoke("a token does not open another project: exit 1, with 403", async () => {
  const { exitCode, stdout, stderr } = await testMcp(other);
  expect([exitCode, stdout + stderr]).toEqual([1, expect.stringContaining("403")]);
});

smoke("a tool that is missing breaks the contract: exit 2", async () => {
  const { exitCode, stdout, stderr } = await testMcp(own, "--expect-tools", "__nonexistent__");
  expect([exitCode, stdout + stderr]).toEqual([2, expect.stringContaining("__nonexistent__")]);
});

smoke("a deleted token is refused once the answer about it has grown old: exit 1, with 401", async () => {
  await ok(["delete", "mcptoken", `${run}-token`, "--project", own]);
  const refused = await waitUntil(
    "the deleted token is refused",
    async () => {
      const result = await testMcp(own);
      return result.exitCode === 0 ? undefined : result;
    },
    REVOKED_LIMIT_MS,
  );
  expect([refused.exitCode, refused.stdout + refused.stderr]).toEqual([1, expect.stringContaining("401")]);
});

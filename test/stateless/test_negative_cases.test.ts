/** Containers that violate the contract: what the suite is worth shows here. */
import { afterAll, expect } from "bun:test";
import { join } from "node:path";
import type { Observations } from "../../src/verify/stateless/observations.ts";
import { authProbes } from "../../src/verify/stateless/observe/auth-probes.ts";
import { behaviourOf } from "../../src/verify/stateless/observe/behaviour.ts";
import { decoyRun } from "../../src/verify/stateless/observe/decoy-run.ts";
import { foreignSession, isolationRun } from "../../src/verify/stateless/observe/isolation-run.ts";
import { restartRun } from "../../src/verify/stateless/observe/restart-run.ts";
import { strainRun } from "../../src/verify/stateless/observe/strain-run.ts";
import { writableRun } from "../../src/verify/stateless/observe/writable-run.ts";
import { viewOf, writesOfRunning } from "../../src/verify/stateless/observe-running.ts";
import { verifyContainer } from "../../src/verify/stateless/verify-container.ts";
import { podmanScratch } from "../support/podman/podman-scratch.ts";
import { podman, requiresPodman, tryPodman } from "../support/podman/run-podman.ts";
import { titlesOf, violationsOf } from "./found-violations.ts";
import { type Change, JWT_KEY, jwtOf, statelessLab, withEnv } from "./stateless-lab.ts";

const scratch = podmanScratch(join(import.meta.dirname, "fixture/stateless-server.ts"));
const suite = statelessLab({
  image: () => scratch.serverImage(),
  containerPort: 8080,
  tool: { name: "echo", args: { text: "{canary}" } },
  env: { JWT_KEY },
});

/** A container of the small server that breaks this. */
const start = (breaks: string, change?: Change) =>
  suite.start(breaks.replaceAll(",", "-") || "good", withEnv({ SERVER_BREAKS: breaks }, change));

async function basis(breaks: string, change?: Change) {
  const started = await start(breaks, change);
  const deps = await suite.deps();
  return { started, deps, subject: suite.subject(started), seen: { container: await viewOf(started.info), left: {} } as Observations };
}

const writableRoot: Change = (spec) => ({ ...spec, readOnly: false });

requiresPodman("test_suite_finds_nothing_in_a_server_that_keeps_the_contract", async () => {
  const { started, deps, subject, seen } = await basis("");
  const auth = await authProbes(deps, subject);
  const isolation = await isolationRun(deps, subject);
  const session = await foreignSession(deps, subject, jwtOf("bob"));
  const first = await behaviourOf(deps, subject);
  const strain = await strainRun(deps, subject);
  const writes = await writesOfRunning(deps, started.name, started.info.pid);
  const again = await restartRun(deps, await suite.lab(), { subject, pid: started.info.pid, first });
  expect(session).toEqual({ status: 404 });
  expect(again.tmpfs).toEqual({ cleared: true });
  expect(violationsOf({ ...seen, auth, isolation, strain, writes, ...again, left: {} })).toEqual([]);
});

requiresPodman("test_detects_filesystem_writes_outside_tmpfs", async () => {
  const { deps, subject, started, seen } = await basis("writes", writableRoot);
  await behaviourOf(deps, subject);
  const found = violationsOf({ ...seen, writes: await writesOfRunning(deps, started.name, started.info.pid) });
  const writes = found.find((text) => text.startsWith("FAIL: Container wrote files outside tmpfs directories"));
  expect(writes).toContain("  - /app/data/cache.json (added)");
});

requiresPodman("test_detects_writes_that_a_read_only_root_hides", async () => {
  const { deps, subject, seen } = await basis("tries");
  const strict = await writesOfRunning(deps, subject.name, 0);
  expect(strict.strict).toEqual([]);
  const spec = await suite.spec("hidden", withEnv({ SERVER_BREAKS: "tries" }));
  const writable = await writableRun(deps, await suite.lab(), spec, subject);
  await behaviourOf(deps, subject);
  const writes = { ...(await writesOfRunning(deps, subject.name, 0)), writable };
  expect(titlesOf({ ...seen, writes })).toEqual([
    "FAIL: Container wrote files outside tmpfs directories",
    "FAIL: Server tried to write to the read-only root filesystem",
  ]);
});

requiresPodman("test_detects_server_that_accepts_requests_without_jwt", async () => {
  const { deps, subject, seen } = await basis("open");
  const found = violationsOf({ ...seen, auth: await authProbes(deps, subject) });
  expect(found[0]).toStartWith("FAIL: Server accepted request without JWT token");
  expect(found[0]).toContain("Expected: Authentication error (401/403)\nActual: 200 OK (success)");
});

requiresPodman("test_detects_weak_authentication", async () => {
  const { deps, subject, seen } = await basis("unsigned,url-token,silent");
  expect(titlesOf({ ...seen, auth: await authProbes(deps, subject) })).toEqual([
    "FAIL: Server accepted request with a JWT token that it cannot trust",
    "FAIL: Server accepted a token from the URL",
    "FAIL: Server refuses without saying why",
  ]);
});

requiresPodman("test_detects_fallback_to_local_credentials", async () => {
  const { deps, subject, seen } = await basis("home");
  const auth = await authProbes(deps, subject);
  const spec = await suite.spec("decoys", withEnv({ SERVER_BREAKS: "home" }));
  const decoys = await decoyRun(deps, await suite.lab(), spec, { timeoutMs: 10_000, wantsToken: true });
  if (decoys === undefined) throw new Error("it did not start");
  expect(decoys).toMatchObject({ read: ["~/.aws/credentials"], probe: { status: 200 } });
  expect(titlesOf({ ...seen, auth, decoys })).toEqual(["FAIL: Server falls back to local credentials"]);
});

requiresPodman("test_detects_data_that_leaks_between_principals", async () => {
  const { deps, subject, seen } = await basis("leaks");
  expect(titlesOf({ ...seen, isolation: await isolationRun(deps, subject) })).toEqual(["FAIL: Server leaked one client's data to another"]);
});

requiresPodman("test_detects_session_that_anybody_may_use", async () => {
  const { deps, subject, seen } = await basis("sessions");
  const session = await foreignSession(deps, subject, jwtOf("bob"));
  if (session === undefined) throw new Error("it keeps no sessions");
  expect(titlesOf({ ...seen, foreignSession: session })).toEqual(["FAIL: Server let one principal use another's session"]);
});

requiresPodman("test_detects_state_that_outlives_a_restart", async () => {
  const { deps, subject, started, seen } = await basis("persists", writableRoot);
  const first = await behaviourOf(deps, subject);
  const again = await restartRun(deps, await suite.lab(), { subject, pid: started.info.pid, first });
  expect(titlesOf({ ...seen, ...again })).toEqual([
    "FAIL: Server kept state across a restart",
    "FAIL: Container has a writable root filesystem",
  ]);
});

requiresPodman("test_detects_volume_and_what_it_keeps", async () => {
  const volume = { kind: "volume", source: `${scratch.prefix}-data`, target: "/app/data", readOnly: false } as const;
  const { deps, subject, started, seen } = await basis("persists", (spec) => ({ ...spec, name: `${spec.name}-volume`, mounts: [volume] }));
  const first = await behaviourOf(deps, subject);
  const again = await restartRun(deps, await suite.lab(), { subject, pid: started.info.pid, first });
  const found = violationsOf({ ...seen, ...again });
  expect(found.map((text) => text.split("\n")[0])).toEqual([
    "FAIL: Server kept state across a restart",
    "FAIL: Container has writable mounts that are not tmpfs",
  ]);
  expect(found[1]).toContain(`  - /app/data (volume ${volume.source})`);
});

requiresPodman("test_detects_warm_start_effects", async () => {
  const { deps, subject, seen } = await basis("warm");
  const first = await behaviourOf(deps, subject);
  expect(titlesOf({ ...seen, restart: { first, second: first } })).toEqual(["FAIL: Server answers differently when it is warm"]);
});

requiresPodman("test_detects_server_that_dies_of_a_large_body", async () => {
  const { deps, subject, seen } = await basis("dies");
  const [found = ""] = violationsOf({ ...seen, strain: await strainRun(deps, subject) });
  expect(found).toStartWith("FAIL: Server does not survive resource exhaustion");
  expect(found).toContain("Actual: the container ended: exit code 3");
});

requiresPodman("test_detects_server_that_is_killed_for_its_memory", async () => {
  const { deps, subject, seen } = await basis("eats", (spec) => ({ ...spec, memoryBytes: 160 * 1024 * 1024 }));
  const strain = await strainRun(deps, subject);
  expect(strain).toMatchObject({ died: "exit code 137 (killed, as for too much memory)" });
  expect(titlesOf({ ...seen, strain })).toEqual(["FAIL: Server does not survive resource exhaustion"]);
});

requiresPodman("test_detects_server_that_cannot_start_under_the_contract", async () => {
  const outcome = await (await suite.lab()).start(await suite.spec("no-start", withEnv({ SERVER_BREAKS: "no-start" })));
  if (outcome.kind !== "ended") throw new Error("it started");
  const writes = await writesOfRunning(await suite.deps(), outcome.name, 0);
  expect(titlesOf({ container: await viewOf(outcome.info), writes, left: {} })).toEqual([
    "FAIL: Container does not run",
    "FAIL: Server tried to write to the read-only root filesystem",
  ]);
});

requiresPodman("test_detects_container_without_constraints", async () => {
  const { info } = await suite.writableContainer();
  const found = violationsOf({ container: await viewOf(info), left: {} });
  expect(found.map((text) => text.split("\n")[0])).toEqual([
    "FAIL: Container runs without the memory limit",
    "FAIL: Container runs without the CPU limit",
    "FAIL: Container keeps Linux capabilities",
    "FAIL: Container allows privilege escalation",
    "FAIL: Container has a writable root filesystem",
  ]);
  expect(found[3]).toContain("Expected: SecurityOpt contains 'no-new-privileges:true'\nActual: SecurityOpt=[]");
});

/** Made past the runtime port, which makes nothing of the kind. */
const dangerous = (name: string, ...words: readonly string[]) =>
  podman("run", "--detach", "--name", `${scratch.prefix}-${name}`, "--env", `JWT_KEY=${JWT_KEY}`, "--publish", "127.0.0.1::8080", ...words);

async function verifyRunning(name: string) {
  const container = `${scratch.prefix}-${name}`;
  const options = { container, name, port: 8080, path: "/mcp", token: jwtOf("ann"), otherToken: jwtOf("bob"), tool: undefined };
  const report = await verifyContainer(await suite.deps(), { ...options, timeoutMs: 10_000, wantsToken: true, bundleFolder: undefined });
  return report.checks.flatMap(({ violations }) => violations.map(({ title }) => title));
}

requiresPodman("test_detects_privileged_container", async () => {
  await dangerous("privileged", "--privileged", await scratch.serverImage());
  await listens("privileged");
  expect(await verifyRunning("privileged")).toEqual([
    "Container does not run in multi-user mode",
    "Container runs without the memory limit",
    "Container runs without the CPU limit",
    "Container keeps Linux capabilities",
    "Container allows privilege escalation",
    "Container has a writable root filesystem",
    "Container is not isolated from its host",
  ]);
});

requiresPodman("test_detects_volume_that_the_image_declares", async () => {
  const image = await scratch.serverVersion("volume", { lines: ["VOLUME /var/state"] });
  const strict = [
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=512m",
    "--cpus=1",
    "--env=MCP_MULTIUSER_MODE=true",
  ];
  await dangerous("declared", ...strict, image);
  await listens("declared");
  expect(await verifyRunning("declared")).toEqual(["Container has writable mounts that are not tmpfs"]);
});

async function listens(name: string): Promise<void> {
  const address = await podman("port", `${scratch.prefix}-${name}`, "8080");
  for (let tries = 0; tries < 500; tries += 1) {
    const answers = await fetch(`http://${address}/`).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await Bun.sleep(20);
  }
  throw new Error(`${name} does not answer`);
}

afterAll(async () => {
  if (Bun.which("podman") !== null) await tryPodman("volume", "rm", "--force", `${scratch.prefix}-data`);
});

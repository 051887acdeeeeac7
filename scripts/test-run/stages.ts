import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { readJunit } from "./read-junit.ts";
import { EMPTY_TALLY, type Tally } from "./tally.ts";

export interface StageResult {
  readonly name: string;
  readonly tally: Tally;
  readonly seconds: number;
  /** What the stage printed, where it was not shown while it ran. */
  readonly output: string;
}

/** Tests that start real processes or try thousands of cases; they take longer and run after the others. */
const SLOW_PATHS: readonly string[] = [
  "test/e2e/",
  "test/property/",
  "test/conformance/",
  "test/smoke/",
  "test/security/slow/",
  "test/security/rule-01",
  "test/security/rule-02",
  "test/security/rule-04",
  "test/security/rule-05",
  "src/agent/doctor/linux/",
  "src/agent/doctor/podman/",
  "src/gateway/upstream/stdio/",
  "src/gateway/rate/redis/",
  "src/gateway/link/redis/",
  "src/main/start-agent.test.ts",
];
/** Of the slow ones, those that wait for containers more than they work: they run beside the others. */
const CONTAINER_PATHS: readonly string[] = [
  "test/e2e/deploy/",
  "test/e2e/fleet/",
  "test/e2e/runtime/",
  "src/agent/doctor/linux/",
  "src/agent/doctor/podman/",
  "src/main/start-agent.test.ts",
];
/** Tests of parts together, with sockets, databases and many cases: a minute of them, where whoever checks a change waits for none. */
const COMPONENT_PATHS: readonly string[] = [
  "src/agent/adopt/",
  "src/agent/engine/",
  "src/agent/files/",
  "src/agent/monitor/",
  "src/agent/proxy/",
  "src/agent/registry/",
  "src/agent/rpc/",
  "src/agent/snapshot/",
  "src/cli/apply/",
  "src/cli/fleet/",
  "src/control/audit/",
  "src/control/http/",
  "src/control/identity/",
  "src/control/project/",
  "src/gateway/builtin/",
  "src/gateway/dispatch/",
  "src/gateway/http/",
  "src/gateway/http1/",
  "src/gateway/legacy-client",
  "src/gateway/modern-client",
  "src/gateway/remote/",
  "src/gateway/resilience/",
  "src/gateway/stream/",
  "src/gateway/tracing/",
  "src/gateway/upstream/",
  "src/main/",
  "src/mcp/bridge/",
  "src/mcp/envelope.fuzz",
  "src/service-definition/rewrite-service-definition",
  "src/service-definition/round-trip",
  "src/store/",
  "test/deploy/",
  "test/security/",
];
/** As in scripts/run-role.sh: to hand memory back at every pause costs a run of tests a tenth of its time. */
const KEEP_MEMORY = { MIMALLOC_PURGE_HOLES: "0", MIMALLOC_PURGE_DELAY: "1000" };
const SLOW_TEST_TIMEOUT_MS = 60_000;
/** A property test of a thousand cases takes a second; on a machine that has other work it must not fail for that. */
const UNIT_TEST_TIMEOUT_MS = 30_000;
/** A test that never gives the thread back has no time limit of its own: the stage is ended, which is a failure. */
const STAGE_LIMIT_MS = 25 * 60_000;

/** One npm script as one check. Its output is kept back, since the unit tests print at the same time. */
export async function runScript(name: string, script: keyof typeof manifest.scripts, ...args: readonly string[]): Promise<StageResult> {
  const started = performance.now();
  const path = `${join(process.cwd(), "node_modules/.bin")}:${process.env.PATH ?? ""}`;
  const command = ["sh", "-c", [manifest.scripts[script], ...args].join(" ")];
  const child = Bun.spawn(command, { env: { ...process.env, PATH: path }, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const tally = exitCode === 0 ? { ...EMPTY_TALLY, passed: 1 } : { ...EMPTY_TALLY, failures: [`${name} (npm run ${script})`] };
  return { name, tally, seconds: (performance.now() - started) / 1000, output: output + errors };
}

export type TestStage = "unit" | "component" | "e2e" | "containers" | "stateless";

/** What opens no more than sockets of its own: several files at once, and only what fails is shown. */
const SHORT_STAGES: readonly TestStage[] = ["unit", "component"];

/** The test files of a stage, sorted. Each file is of one stage. */
export function testFiles(stage: TestStage): readonly string[] {
  const found = [...new Bun.Glob("{src,test,scripts,bench}/**/*.test.{ts,tsx}").scanSync(".")].sort();
  // What asks an installation that runs is for whoever has one: npm run smoke.
  const ours = found.filter((file) => !file.includes("node_modules/") && !file.endsWith(".smoke.test.ts"));
  return ours.filter((file) => stageOf(file) === stage);
}

function stageOf(file: string): TestStage {
  const lies = (paths: readonly string[]) => paths.some((path) => file.startsWith(path));
  if (file.startsWith("test/stateless/")) return "stateless";
  if (!lies(SLOW_PATHS)) return lies(COMPONENT_PATHS) ? "component" : "unit";
  return lies(CONTAINER_PATHS) ? "containers" : "e2e";
}

/**
 * Runs a stage's tests and shows files, failures and skips as they come; passes too where they are slow, then with the stage's
 * name. `env` comes on top of ours.
 */
export async function runTests(stage: TestStage, env: Readonly<Record<string, string>> = {}): Promise<StageResult> {
  const started = performance.now();
  const files = testFiles(stage);
  if (files.length === 0) return { name: stage, tally: EMPTY_TALLY, seconds: 0, output: "" };
  const report = join(tmpdir(), `mcpctl-${stage}-${process.pid}.xml`);
  const isShort = SHORT_STAGES.includes(stage);
  // A child that a test forgot would hold the pipe open and the run with it.
  const options = [
    "--no-orphans",
    "--reporter=junit",
    `--reporter-outfile=${report}`,
    // Real processes with time limits of their own are not to disturb each other.
    ...(isShort ? [`--timeout=${UNIT_TEST_TIMEOUT_MS}`, "--parallel=3", "--no-isolate"] : [`--timeout=${SLOW_TEST_TIMEOUT_MS}`]),
  ];
  const child = Bun.spawn([process.execPath, "test", ...options, ...files.map((file) => `./${file}`)], {
    env: { ...KEEP_MEMORY, ...process.env, ...env },
    stdin: "ignore",
    stdout: "inherit",
    stderr: "pipe",
    timeout: STAGE_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  await showProgress(child.stderr, stage);
  const exitCode = await child.exited;
  const xml = existsSync(report) ? await Bun.file(report).text() : undefined;
  await rm(report, { force: true });
  return { name: stage, tally: readJunit({ xml, exitCode, files }), seconds: (performance.now() - started) / 1000, output: "" };
}

/** Copies Bun's report of the run as it comes. */
async function showProgress(stream: ReadableStream<Uint8Array>, stage: TestStage): Promise<void> {
  const isShort = SHORT_STAGES.includes(stage);
  const prefix = isShort ? "" : `${stage.padEnd(10)} `;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    const shown = lines.filter((line) => line !== "" && !(isShort && line.startsWith("(pass)")));
    if (shown.length > 0) process.stdout.write(shown.map((line) => `${prefix}${line}\n`).join(""));
  }
  if (rest !== "") process.stdout.write(`${prefix}${rest}\n`);
}

/**
 * npm test: types, lint, unit and architecture tests, component tests, end-to-end tests, the stateless contract. npm run check is
 * the first three.
 *
 * The last line is `N passed, N failed, N skipped`. REQUIRE_ALL=1 adds the benchmark's
 * smoke run and turns a skip into a failure.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { withGatewayImage } from "./test-run/gateway-image.ts";
import { runScript, runTests, type StageResult } from "./test-run/stages.ts";
import { addTallies, closingLine, EMPTY_TALLY, exitCodeOf } from "./test-run/tally.ts";

/** Where the executable for the tests is built. */
const PROGRAMS = "build/test-programs";
type Env = Readonly<Record<string, string>>;

const isCheck = process.argv.includes("--check");
const requireAll = process.env.REQUIRE_ALL === "1";

process.chdir(`${import.meta.dirname}/..`);
const results = await runStages();
const total = results.map((result) => result.tally).reduce(addTallies, EMPTY_TALLY);
print("", ...total.skips.map((skip) => `skipped: ${skip}`), ...total.failures.map((failure) => `failed: ${failure}`), closingLine(total));
process.exitCode = exitCodeOf(total, requireAll);

async function runStages(): Promise<readonly StageResult[]> {
  // The checks use one core and the unit tests the other.
  const checks = runChecks();
  const results = [show(await runTests("unit")), ...(await checks).map(show)];
  if (!isCheck) results.push(show(await runTests("component")), ...(await runProcesses()));
  // Last and alone, so that nothing else disturbs what it measures.
  if (!isCheck && requireAll && existsSync("bench/gateway/run.ts")) results.push(show(await runScript("bench", "bench", "--quick")));
  return results;
}

/** Real processes, of the executable as it is installed: two runs beside each other, of which one mostly waits for podman. */
async function runProcesses(): Promise<readonly StageResult[]> {
  const built = show(await runScript("build", "build", "--outdir", PROGRAMS));
  const env = built.tally.failures.length === 0 ? { MCPCTL_TEST_PROGRAMS: resolve(PROGRAMS) } : {};
  const [containers, e2e] = await Promise.all([runContainers(env), runTests("e2e", env).then(show)]);
  return [built, ...containers, e2e];
}

async function runContainers(env: Env): Promise<readonly StageResult[]> {
  const containers = show(await runTests("containers", env));
  return [containers, show(await runStateless(env))];
}

async function runStateless(env: Env): Promise<StageResult> {
  try {
    return await withGatewayImage((image) => runTests("stateless", { ...env, ...image }));
  } catch (thrown) {
    const tally = { ...EMPTY_TALLY, failures: [`stateless: ${thrown instanceof Error ? thrown.message : thrown}`] };
    return { name: "stateless", tally, seconds: 0, output: "" };
  }
}

async function runChecks(): Promise<readonly StageResult[]> {
  return [await runScript("types", "vet"), await runScript("lint", "lint"), await runScript("proto", "proto-lint")];
}

function show(result: StageResult): StageResult {
  const { passed, failures, skips } = result.tally;
  const failed = failures.length > 0 ? `, ${failures.length} FAILED` : "";
  const left = skips.length > 0 ? `, ${skips.length} left out` : "";
  if (result.output.trim() !== "" && (failures.length > 0 || result.name === "bench")) print(result.output.trimEnd());
  print(`== ${result.name}: ${result.seconds.toFixed(1)} s, ${passed} fine${failed}${left}`);
  return result;
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/**
 * npm test: types, lint, unit and architecture tests, end-to-end tests, the stateless contract. npm run check leaves the last two out.
 *
 * The last line is `N passed, N failed, N skipped`. REQUIRE_ALL=1 adds the benchmark's
 * smoke run and turns a skip into a failure.
 */
import { existsSync } from "node:fs";
import { withGatewayImage } from "./test-run/gateway-image.ts";
import { runScript, runTests, type StageResult } from "./test-run/stages.ts";
import { addTallies, closingLine, EMPTY_TALLY, exitCodeOf } from "./test-run/tally.ts";

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
  // Real processes with time limits of their own: two runs, of which one mostly waits for podman.
  if (!isCheck) results.push(...(await Promise.all([runContainers(), runTests("e2e").then((result) => [show(result)])])).flat());
  // Last and alone, so that nothing else disturbs what it measures.
  if (!isCheck && requireAll && existsSync("bench/gateway/run.ts")) results.push(show(await runScript("bench", "bench", "--quick")));
  return results;
}

async function runContainers(): Promise<readonly StageResult[]> {
  const containers = show(await runTests("containers"));
  return [containers, show(await runStateless())];
}

async function runStateless(): Promise<StageResult> {
  try {
    return await withGatewayImage((env) => runTests("stateless", env));
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

/**
 * npm run test:stateless: builds the gateway's image and runs the tests of the stateless contract on it, with real containers.
 *
 * Words go to `bun test`: files (`test/stateless/test_jwt_authentication.test.ts`), `-t NAME`, `--bail`. TEST_DOCKER_IMAGE names an
 * image in place of the one that is built. build/test-results/ has stateless-tests.xml (JUnit) of the tests, and stateless.json, .xml
 * and .md with what was measured.
 */
import { mkdir, rm } from "node:fs/promises";
import { withGatewayImage } from "./test-run/gateway-image.ts";
import { readJunit } from "./test-run/read-junit.ts";
import { testFiles } from "./test-run/stages.ts";

const RESULTS = "build/test-results";
const REPORT = `${RESULTS}/stateless-tests.xml`;

process.chdir(`${import.meta.dirname}/..`);
await mkdir(RESULTS, { recursive: true });
await rm(REPORT, { force: true });
const words = process.argv.slice(2);
const files = words.some((word) => word.includes(".test.ts")) ? [] : ownFiles();
const started = performance.now();
const exitCode = await withGatewayImage(runTests);
const { passed, failures, skips } = readJunit({ xml: await reportText(), exitCode, files: [] });
const counts = [
  ...(failures.length > 0 ? [`${failures.length} failed`] : []),
  `${passed} passed`,
  ...(skips.length > 0 ? [`${skips.length} skipped`] : []),
];
const title = failures.length === 0 ? "Stateless deployment tests completed" : "Stateless deployment tests FAILED";
process.stdout.write(`\n${title}\n${counts.join(", ")} in ${((performance.now() - started) / 1000).toFixed(2)}s\n`);
process.exitCode = exitCode;

async function runTests(env: Readonly<Record<string, string>>): Promise<number> {
  // Containers wait for one another more than for a core.
  const options = ["--timeout=60000", "--parallel=2", "--reporter=junit", `--reporter-outfile=${REPORT}`];
  const child = Bun.spawn([process.execPath, "test", ...options, ...words.map(asPath), ...files], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return child.exited;
}

/** Those that need nothing but the image and an engine; what needs a database or a proxy besides is for `npm test`. */
function ownFiles(): readonly string[] {
  return testFiles("stateless")
    .filter((file) => file.startsWith("test/stateless/test_"))
    .map((file) => `./${file}`);
}

/** `bun test` takes a word without `./` for a part of a path. */
function asPath(word: string): string {
  return word.includes(".test.ts") && !/^[./-]/.test(word) ? `./${word}` : word;
}

async function reportText(): Promise<string | undefined> {
  const report = Bun.file(REPORT);
  return (await report.exists()) ? report.text() : undefined;
}

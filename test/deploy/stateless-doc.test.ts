/** docs/STATELESS_TESTING.md says what is there. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { runChecks } from "../../src/verify/stateless/checks/all-checks.ts";
import { ACCEPTABLE_WRITES } from "../../src/verify/stateless/checks/write-checks.ts";
import { GOOD } from "../../src/verify/stateless/observations.fixture.ts";
import { STATELESS } from "../../src/verify/stateless/stateless-spec.ts";

const ROOT = join(import.meta.dirname, "../..");
const text = await Bun.file(join(ROOT, "docs/STATELESS_TESTING.md")).text();
const section = (title: string) => text.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? "";

test("the guide to stateless testing lists every check by its scenario, and no other", () => {
  const rows = section("Scenarios")
    .split("\n")
    .flatMap((line) => {
      const [, scenario = "", , ids = ""] = line.split("|").map((cell) => cell.trim());
      return [...ids.matchAll(/`([a-z-]+)`/g)].map(([, id]) => `${scenario}: ${id}`);
    });
  expect(rows.toSorted()).toEqual(
    runChecks(GOOD)
      .map(({ scenario, id }) => `${scenario}: ${id}`)
      .toSorted(),
  );
});

test("the guide to stateless testing names the writes that are no violation, and the contract's own limits", () => {
  const listed = /These writes are the engine's own and no violation: (.*)\./.exec(text)?.[1] ?? "";
  expect([...listed.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? "")).toEqual([...ACCEPTABLE_WRITES]);
  for (const target of STATELESS.tmpfs) expect(section("The contract")).toContain(`\`${target}\``);
  expect(section("The contract")).toContain("512M, 1.0 CPU");
  expect([STATELESS.memoryBytes, STATELESS.cpuMillis]).toEqual([512 * 1024 * 1024, 1000]);
  for (const name of Object.keys(STATELESS.env)) expect(section("The contract")).toContain(name);
});

test("the guide to stateless testing runs files and functions that there are", async () => {
  const files = [...section("Running a part").matchAll(/-- (test\/stateless\/\S+)/g)].map(([, path]) => path ?? "");
  expect(files).toHaveLength(4);
  for (const file of files) expect(existsSync(join(ROOT, file))).toBe(true);
  const titles = [...section("Running a part").matchAll(/-t (\w+)/g)].map(([, title]) => title ?? "");
  const all = await Promise.all(files.map((file) => Bun.file(join(ROOT, file)).text()));
  expect(titles).toHaveLength(3);
  for (const title of titles) expect(all.join("\n")).toContain(`("${title}"`);
  const lab = await Bun.file(join(ROOT, "test/stateless/stateless-lab.ts")).text();
  for (const name of ["statelessContainer", "writableContainer", "containerUrl", "getContainerFilesystemWrites"])
    expect(lab).toContain(name);
  expect(section("Running a part")).toContain("TEST_DOCKER_IMAGE=");
});

test("the guide to stateless testing has the commands of debugging, and how a container is kept", () => {
  for (const command of ["ps -a", "logs NAME", "logs -f NAME", "inspect NAME", "diff NAME", "stats --no-stream NAME", "exec -it NAME sh"]) {
    expect(section("Looking into a container")).toContain(`podman ${command}`);
  }
  expect(section("Looking into a container")).toContain("--keep");
});

test("the guide to stateless testing has an entry for each failure that is no verdict, and the order in which to look", () => {
  const entries = section("Troubleshooting");
  for (const said of ["failed to start", "in use", "did not answer", "permission denied", "cannot be reached", "--timeout 300s"])
    expect(entries).toContain(said);
  expect(entries).toMatch(/the test's output, the container's log, its configuration, and last an issue/);
  for (const next of ["Trivy or Grype", "Prometheus and Grafana", "npm run bench", "same constraints"])
    expect(section("What comes next")).toContain(next);
  for (const link of ["PRODUCTION_DEPLOYMENT.md", "OPERATIONS.md", "RUNBOOK.md", "OBSERVABILITY.md"])
    expect(section("What comes next")).toContain(link);
});

test("the guide to stateless testing leads to production, and production's guide back to it", async () => {
  expect(section("What comes next")).toContain("(PRODUCTION_DEPLOYMENT.md)");
  expect(await Bun.file(join(ROOT, "docs/PRODUCTION_DEPLOYMENT.md")).text()).toContain("(STATELESS_TESTING.md)");
});

test("npm has scripts that test the stateless contract, under both names, and the guide says what they need", () => {
  expect(manifest.scripts["test:stateless"]).toContain("scripts/test-stateless.ts");
  expect(manifest.scripts["test-stateless"]).toStartWith("npm run test:stateless");
  for (const need of ["podman", "Docker", "Node.js", "npm ci"]) expect(section("Prerequisites")).toContain(need);
});

import { expect, test } from "bun:test";
import type { ContainerSpec } from "../../../runtime/runtime.ts";
import { GOOD, GOOD_KERNEL } from "../observations.fixture.ts";
import type { KernelView, Observations } from "../observations.ts";
import { renderViolation } from "../violation.ts";
import { runChecks } from "./all-checks.ts";

const failed = (seen: Observations) =>
  runChecks(seen)
    .filter(({ outcome }) => outcome === "fail")
    .map(({ id }) => id);
const violation = (seen: Observations, id: string) => {
  const found = runChecks(seen).find((check) => check.id === id)?.violations[0];
  return found === undefined ? "" : renderViolation(found);
};
const withSpec = (change: Partial<ContainerSpec>, kernel = GOOD_KERNEL): Observations => ({
  ...GOOD,
  container: { info: { ...GOOD.container.info, spec: { ...GOOD.container.info.spec, ...change } }, kernel },
});
const withoutKernel = (change: Partial<ContainerSpec>): Observations => {
  const seen = withSpec(change);
  return { ...seen, container: { ...seen.container, kernel: undefined } };
};
const withKernel = (change: Partial<KernelView>) => withSpec({}, { ...GOOD_KERNEL, ...change });

test("a container that keeps the contract passes every check, and none is left out", () => {
  expect(runChecks(GOOD).map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(runChecks(GOOD).map(({ id }) => `${id} pass`));
});

/** What is broken, and the checks that say so. */
const BROKEN: readonly (readonly [string, Observations, readonly string[]])[] = [
  ["privileges can be gained", withSpec({ noNewPrivileges: false }), ["no-new-privileges"]],
  ["the kernel lets privileges be gained, whatever the engine says", withKernel({ noNewPrivileges: false }), ["no-new-privileges"]],
  ["capabilities are kept", withSpec({ capDrop: [] }), ["cap-drop-all"]],
  ["a capability is added", withSpec({ capAdd: ["NET_ADMIN"] }), ["cap-drop-all"]],
  ["the kernel holds a capability", withKernel({ capabilities: 1n }), ["cap-drop-all"]],
  ["the root can be written to", withSpec({ readOnly: false }), ["read-only-root"]],
  ["the kernel mounts the root rw", withKernel({ mounts: [{ target: "/", fsType: "overlay", writable: true }] }), ["read-only-root"]],
  ["a volume", withSpec({ mounts: [{ kind: "volume", source: "v", target: "/data", readOnly: false }] }), ["only-tmpfs-writable"]],
  ["a volume of the image's", withKernel({ mounts: [{ target: "/data", fsType: "ext4", writable: true }] }), ["only-tmpfs-writable"]],
  ["a volume of the image's, by the engine alone", withoutKernel({ imageVolumes: "anonymous" }), ["only-tmpfs-writable"]],
  ["no seccomp", withKernel({ seccomp: 0 }), ["nothing-loosened"]],
  ["seccomp unconfined", withSpec({ securityOpt: ["seccomp=unconfined"] }), ["nothing-loosened"]],
  [
    "privileged",
    { ...GOOD, container: { ...GOOD.container, info: { ...GOOD.container.info, loosened: ["privileged"] } } },
    ["nothing-loosened"],
  ],
  ["more memory", withSpec({ memoryBytes: 1024 ** 3 }), ["memory-limit"]],
  ["more memory in the kernel", withKernel({ memoryLimitBytes: 1024 ** 3 }), ["memory-limit"]],
  ["more processor", withSpec({ cpuMillis: 2000 }), ["cpu-limit"]],
  ["more processor in the kernel", withKernel({ cpuMillis: 2000 }), ["cpu-limit"]],
  ["not in multi-user mode", withSpec({ env: { HOME: "/tmp" } }), ["multiuser-mode"]],
  ["it ended", { ...GOOD, container: { ...GOOD.container, info: { ...GOOD.container.info, state: "exited", exitCode: 3 } } }, ["runs"]],
  ["a file is written", { ...GOOD, writes: { ...writes(), strict: [{ kind: "added", path: "/data/x" }] } }, ["writes-only-tmpfs"]],
  ["a file would be written", { ...GOOD, writes: { ...writes(), writable: [{ kind: "added", path: "/x" }] } }, ["writes-only-tmpfs"]],
  ["a write was refused", { ...GOOD, writes: { ...writes(), refusedInLog: ["EROFS"] } }, ["no-refused-writes"]],
  ["a session of another", { ...GOOD, foreignSession: { status: 200 } }, ["sessions-bound"]],
  ["tmpfs outlives a restart", { ...GOOD, tmpfs: { cleared: false } }, ["tmpfs-cleared"]],
  ["a decoy was read", { ...GOOD, decoys: { read: ["~/.aws/credentials"], shown: [], probe: undefined } }, ["no-local-credentials"]],
];

function writes() {
  return { strict: [], writable: [], refusedInLog: [], inTmpfs: undefined };
}

for (const [what, seen, ids] of BROKEN) {
  test(`what is broken is named, and nothing else: ${what}`, () => {
    expect(failed(seen)).toEqual([...ids]);
  });
}

test("what the engine writes at each start is no violation", () => {
  const strict = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/.dockerenv"].map((path) => ({ kind: "changed", path }) as const);
  expect(failed({ ...GOOD, writes: { ...writes(), strict } })).toEqual([]);
});

test("a write outside tmpfs is told with its paths, the requirements and four recommendations", () => {
  const seen = { ...GOOD, writes: { ...writes(), strict: [{ kind: "added", path: "/data/cache.json" } as const] } };
  const text = violation(seen, "writes-only-tmpfs");
  expect(text).toStartWith("FAIL: Container wrote files outside tmpfs directories\n");
  expect(text).toContain("  - /data/cache.json (added)");
  expect(text).toContain("Stateless deployment requires:");
  expect(text.match(/^ {2}\d\. /gm)).toHaveLength(4);
  expect(text).toContain("HOME=/tmp");
  expect(text).toContain("'Read-only file system'");
});

test("a request that was let in without a token is told with what was expected, what came and the risk", () => {
  const auth = [{ kind: "no token", request: "POST initialize", status: 200, body: "" } as const];
  const text = violation({ ...GOOD, auth }, "no-token-refused");
  expect(text).toStartWith("FAIL: Server accepted request without JWT token\n");
  expect(text).toContain("Expected: Authentication error (401/403)\nActual: 200 OK (success)");
  expect(text.split("Stateless deployment requires:\n")[1]?.match(/^ {2}- /gm)).toHaveLength(3);
  expect(text).toContain("Security risk: ");
});

test("privilege escalation is told with the option that is missing", () => {
  const text = violation(withSpec({ noNewPrivileges: false }), "no-new-privileges");
  expect(text).toStartWith("FAIL: Container allows privilege escalation\n");
  expect(text).toContain("Expected: SecurityOpt contains 'no-new-privileges:true'\nActual: SecurityOpt=[]\n");
  expect(text).toContain("Fix: add --security-opt=no-new-privileges:true");
});

test("every violation says what was expected, what was seen and what to do", () => {
  const all = BROKEN.flatMap(([, seen]) => runChecks(seen)).flatMap(({ violations }) => violations.map(renderViolation));
  for (const text of all) expect(text).toMatch(/^FAIL: .+\n\nExpected: .+\nActual: .+\n[\s\S]*\n(Fix: .+|Recommendations:\n {2}1\. .+)/);
});

test("what was not looked at is left out with the reason, and is no pass", () => {
  const { restart: _, ...rest } = GOOD;
  const results = runChecks({ ...rest, left: { restart: "it serves others" } });
  expect(results.filter(({ outcome }) => outcome === "skip").map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
    "same-after-restart: it serves others",
    "no-warm-start: it serves others",
  ]);
});

test("a server error is no authentication error", () => {
  const auth = [{ kind: "a malformed JWT", request: "POST initialize", status: 500, body: "" } as const];
  expect(violation({ ...GOOD, auth }, "malformed-token-refused")).toContain("Actual: HTTP 500");
});

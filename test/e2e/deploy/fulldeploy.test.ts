/** deploy/scripts/fulldeploy.sh, with every outside tool played by a script that writes down how it was called. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../support/run-program.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SCRIPT = join(ROOT, "deploy/scripts/fulldeploy.sh");
/** What the scripts themselves are made with; nothing else of this machine is found. */
const TOOLS = [
  "sh",
  "sed",
  "git",
  "dirname",
  "basename",
  "mktemp",
  "uname",
  "mkdir",
  "chmod",
  "install",
  "ldd",
  "cp",
  "ln",
  "rm",
  "tail",
  "cat",
];
const ALL = ["pulumi", "kubectl", "rpmbuild", "docker"] as const;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-fulldeploy-"));
  mkdirSync(join(folder, "bin"));
  for (const tool of TOOLS) {
    const found = Bun.which(tool, { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" });
    if (found !== null) symlinkSync(found, join(folder, "bin", tool));
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Options {
  readonly tools?: readonly string[];
  /** A call that begins so fails. */
  readonly failing?: string;
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function deploy({ tools = ALL, failing = "nothing at all", words = [], env = {} }: Options = {}) {
  const calls = join(folder, "calls");
  for (const tool of tools) {
    const lines = [
      "#!/bin/sh",
      `line="${tool} $*"`,
      `printf '%s\\n' "$line" >>"${calls}"`,
      // Its size, for the script that builds images.
      `case $line in *"image inspect"*) echo 118000000 ;; esac`,
      `case $line in "${failing}"*) exit 1 ;; esac`,
    ];
    writeFileSync(join(folder, "bin", tool), `${lines.join("\n")}\n`, { mode: 0o755 });
  }
  const argv = [SCRIPT, "--registry", "registry.example.org/team", "--tag", "v7", "--executable", "/bin/true", ...words];
  const own = { PATH: join(folder, "bin"), CONTAINER_ENGINE: "docker", MCPGW_URL: "", MCPCTL_REGISTRY: "", ...env };
  const result = await runProgram(argv, { cwd: folder, env: own });
  return { ...result, calls: existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [] };
}

/** The calls without what differs from run to run. */
const shown = (calls: readonly string[]) =>
  calls.map((call) => call.replaceAll(ROOT, "ROOT").replaceAll(/\/\S*\/tmp\.\w+|\/tmp\/\S+/g, "CONTEXT"));

test("asks for drift, builds and pushes two images, rolls both out and makes the package, in this order", async () => {
  const { exitCode, calls, stdout } = await deploy();
  expect([exitCode, stdout.match(/^== .*/gm)]).toEqual([
    0,
    ["== drift", "== 1/4 mcpd's image", "== 2/4 the gateway's image", "== 3/4 rollout", "== 4/4 package", "== smoke"],
  ]);
  const image = (name: string, file: string) => [
    `docker build --quiet --tag localhost/${name}:v7 --file ROOT/deploy/container/${file} CONTEXT`,
    `docker image inspect --format {{.Size}} localhost/${name}:v7`,
    `docker tag localhost/${name}:v7 registry.example.org/team/${name}:v7`,
    `docker push registry.example.org/team/${name}:v7`,
  ];
  const roll = (name: string) => [
    `kubectl --namespace mcpctl set image deployment/${name} ${name}=registry.example.org/team/${name}:v7`,
    `kubectl --namespace mcpctl rollout status deployment/${name} --timeout=300s`,
  ];
  const made = shown(calls);
  expect(made.slice(0, -1)).toEqual([
    "pulumi preview --expect-no-changes --non-interactive",
    ...image("mcpd", "mcpd.Containerfile"),
    ...image("mcplocal", "Containerfile"),
    ...roll("mcpd"),
    "kubectl --namespace mcpctl get deployment/mcplocal",
    ...roll("mcplocal"),
  ]);
  expect(made.at(-1)).toMatch(/^rpmbuild -bb .*--define executable \/bin\/true .*ROOT\/deploy\/rpm\/mcpctl\.spec$/);
});

test("halts on drift, before anything is built", async () => {
  const { exitCode, calls, stderr } = await deploy({ failing: "pulumi preview" });
  expect([exitCode, calls]).toEqual([1, ["pulumi preview --expect-no-changes --non-interactive"]]);
  expect(stderr).toContain("error: the infrastructure is not as it is written down; nothing was deployed\nhint: ");
});

test("rolls the gateway out only where it has a deployment", async () => {
  const { exitCode, calls, stdout } = await deploy({ failing: "kubectl --namespace mcpctl get deployment/mcplocal" });
  expect(exitCode).toBe(0);
  expect(calls.filter((call) => call.includes("rollout status"))).toEqual([
    "kubectl --namespace mcpctl rollout status deployment/mcpd --timeout=300s",
  ]);
  expect(stdout).toContain("skipped: there is no deployment mcplocal in mcpctl: 'kubectl apply -k deploy/k8s' makes it\n");
});

test("ends at a step that fails: no rollout of what was not pushed, no package of what does not run", async () => {
  const unpushed = await deploy({ failing: "docker push registry.example.org/team/mcpd" });
  expect(unpushed.exitCode).not.toBe(0);
  expect(unpushed.calls.filter((call) => !call.startsWith("docker ") && !call.startsWith("pulumi "))).toEqual([]);
  rmSync(join(folder, "calls"));
  const stuck = await deploy({ failing: "kubectl --namespace mcpctl rollout status deployment/mcpd" });
  expect([stuck.exitCode === 0, stuck.calls.at(-1)]).toEqual([
    false,
    "kubectl --namespace mcpctl rollout status deployment/mcpd --timeout=300s",
  ]);
});

test("leaves the step of a missing tool out with a word", async () => {
  const { exitCode, calls, stdout } = await deploy({ tools: ["docker"] });
  expect([exitCode, calls.every((call) => call.startsWith("docker "))]).toEqual([0, true]);
  expect(stdout.match(/^skipped: .*/gm)).toEqual([
    "skipped: pulumi is not installed, so nobody knows whether the infrastructure has drifted",
    "skipped: kubectl is not installed",
    "skipped: rpmbuild is not installed",
    "skipped: MCPGW_URL names no gateway",
  ]);
});

test("--dry-run says what would be run and runs nothing, the smoke test too", async () => {
  const { exitCode, calls, stdout } = await deploy({ words: ["--dry-run"], env: { MCPGW_URL: "https://mcp.example.org" } });
  expect([exitCode, calls]).toEqual([0, []]);
  const lines = stdout.match(/^would run: .*/gm) ?? [];
  expect(shown(lines)[0]).toBe("would run: pulumi preview --expect-no-changes --non-interactive");
  expect(lines.filter((line) => line.includes("rollout status"))).toHaveLength(2);
  expect(shown(lines).at(-1)).toBe("would run: sh ROOT/scripts/bun.sh test --timeout=90000 ROOT/test/smoke/mcptoken.smoke.test.ts");
});

test("says what it needs before it does anything", async () => {
  const run = (...words: readonly string[]) => runProgram([SCRIPT, ...words], { cwd: folder, env: { MCPCTL_REGISTRY: "" } });
  expect(await run()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("error: it is not said where the images go") });
  expect(await run("--tag")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("error: --tag needs a value") });
  expect(await run("--force")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("there is no option '--force'") });
  expect(await run("--help")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("1. mcpd's image  2. the gateway's image") });
});

import { expect, test } from "bun:test";
import { AppError } from "../core/app-error.ts";
import { VERSION } from "../core/version.ts";
import type { AgentProgramDeps } from "./agent-ports.ts";
import { captureRun } from "./captured-cli.fixture.ts";
import { createAgentProgram } from "./mcp-agent-program.ts";

function setup(more: Partial<AgentProgramDeps> = {}) {
  const asked: unknown[] = [];
  const answer =
    <T>(name: string, value: T) =>
    async (...args: readonly unknown[]): Promise<T> => {
      asked.push([name, ...args]);
      return value;
    };
  const deps: Omit<AgentProgramDeps, "stdout" | "stderr"> = {
    env: {},
    server: answer("server", 0),
    snapshot: answer("snapshot", { path: "/b/a.db", size: 12 }),
    restore: answer("restore", { registry: "/d/agent.db", aside: "/d/agent.db.old" }),
    doctor: answer("doctor", []),
    validateConfig: answer("validateConfig", { nodeName: "edge" }),
    makeCertificate: answer("makeCertificate", { fingerprint: "sha256:ab", expiresAt: new Date(0) }),
    writeDescriptor: answer("writeDescriptor", undefined),
    ...more,
  };
  const run = (...argv: string[]) => captureRun((output) => createAgentProgram({ ...deps, ...output }), argv);
  return { asked, run };
}

test("it knows its version, its help with every command, and the nearest to a word that it does not know", async () => {
  const { run } = setup();
  expect(await run("--version")).toEqual({ exitCode: 0, stdout: `${VERSION}\n`, stderr: "" });
  const help = await run();
  for (const command of ["server", "snapshot", "restore", "doctor", "validate-config", "cert", "descriptor"]) {
    expect(help.stdout).toContain(`  ${command} `);
    expect(await run(command, "--help")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`Usage: mcp-agent ${command}`) });
  }
  expect(await run("serve")).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: .*serve.*\nhint: .*server.*\n$/) });
});

test("the configuration is the flag's file, else the environment's, else the one of an installed node", async () => {
  const { asked, run } = setup();
  await run("server", "--config", "a.toml");
  await run("server");
  const other = setup({ env: { MCP_AGENT_CONFIG: "/etc/b.toml" } });
  await other.run("server");
  expect([...asked, ...other.asked]).toEqual([
    ["server", "a.toml"],
    ["server", "/srv/mcp/mcp-agent.toml"],
    ["server", "/etc/b.toml"],
  ]);
  expect(await run("server", "--config", "")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--config is empty") });
});

test("a server's exit code is the program's, and why it cannot start is said", async () => {
  expect((await setup({ server: async () => 3 }).run("server")).exitCode).toBe(3);
  const held = async () => Promise.reject(new AppError("conflict", "DATA_FOLDER_HELD", "Another agent holds it", { hint: "stop it" }));
  expect(await setup({ server: held }).run("server")).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: Another agent holds it\nhint: stop it\n",
  });
});

test("snapshot, restore, validate-config, cert and descriptor say what they have done", async () => {
  const { asked, run } = setup();
  expect((await run("snapshot")).stdout).toBe("/b/a.db (12 bytes)\n");
  expect(JSON.parse((await run("snapshot", "-o", "json")).stdout)).toEqual({ path: "/b/a.db", size: 12 });
  expect((await run("restore", "/b/a.db")).stdout).toBe(
    "/d/agent.db is what /b/a.db says.\nThe registry that was there before is /d/agent.db.old.\n",
  );
  expect((await run("validate-config", "--config", "a.toml")).stdout).toBe("a.toml is valid, for node edge.\n");
  expect((await run("cert", "--host", "n1.example.org", "--host", "10.0.0.1", "--days", "30")).stdout).toBe("sha256:ab\n");
  expect((await run("descriptor", "--file", "x")).exitCode).toBe(0);
  expect(asked.slice(-2)).toEqual([
    ["makeCertificate", { cert: "cert.pem", key: "key.pem", hosts: ["n1.example.org", "10.0.0.1"], days: 30 }],
    ["writeDescriptor", "x"],
  ]);
  for (const wrong of [
    ["cert", "--days", "0"],
    ["cert", "--days", "4000"],
    ["cert", "--host", "a b"],
    ["cert", "--host", "h:1/x"],
    ["snapshot", "-o", "xml"],
    ["restore"],
  ]) {
    expect((await run(...wrong)).exitCode).toBe(2);
  }
});

test("doctor shows each finding with its cure, as JSON too, and fails where something is broken", async () => {
  const findings = [
    { check: "podman", level: "ok", message: "podman 4.3.1 answers", cure: "" },
    { check: "cgroups", level: "warning", message: "v1 and v2 are mixed", cure: "boot with one of them" },
  ] as const;
  const { run } = setup({ doctor: async () => findings });
  expect(await run("doctor")).toEqual({
    exitCode: 0,
    stdout:
      "ok       podman   podman 4.3.1 answers\nwarning  cgroups  v1 and v2 are mixed\n\nWhat to do:\n  cgroups: boot with one of them\n",
    stderr: "",
  });
  expect(JSON.parse((await run("doctor", "-o", "json")).stdout)).toEqual([...findings]);
  const twice = setup({ doctor: async () => [...findings, { ...findings[1], message: "and more" }] });
  expect((await twice.run("doctor")).stdout.match(/boot with one of them/g)).toHaveLength(1);
  const broken = setup({ doctor: async () => [{ ...findings[0], level: "error" as const }] });
  expect((await broken.run("doctor")).exitCode).toBe(1);
});

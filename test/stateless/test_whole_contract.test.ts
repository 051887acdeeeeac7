import { expect } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bannerOf } from "../../src/verify/stateless/report/render-verify.ts";
import type { VerifyReport } from "../../src/verify/stateless/report/verify-report.ts";
import { writeResults } from "../../src/verify/stateless/report/write-results.ts";
import { verifyImage } from "../../src/verify/stateless/verify-image.ts";
import { programPath } from "../e2e/support/program-path.ts";
import { podmanScratch } from "../support/podman/podman-scratch.ts";
import { podman, requiresPodman, tryPodman } from "../support/podman/run-podman.ts";
import { runProgram } from "../support/run-program.ts";
import { gatewayImage } from "./gateway-image.ts";
import { gatewayLab, TOOL } from "./gateway-lab.ts";
import { JWT_KEY, jwtOf, requiresContainers } from "./stateless-lab.ts";

/** A whole verification is six starts of a container. */
const LIMIT_MS = 180_000;
const ROOT = join(import.meta.dirname, "../..");
const RESULTS = join(ROOT, "build/test-results");

const suite = gatewayLab();
const image = gatewayImage();
const scratch = podmanScratch(join(import.meta.dirname, "fixture/stateless-server.ts"));

requiresContainers(
  "test_gateway_image_keeps_the_whole_contract",
  async () => {
    const report = await verifyImage(await suite.deps(), {
      image: await image(),
      port: undefined,
      hostPort: 0,
      path: "/mcp",
      env: { MCP_JWT_SECRET: JWT_KEY },
      token: jwtOf("ann"),
      otherToken: jwtOf("bob"),
      tool: TOOL,
      wantsToken: true,
      timeoutMs: 15_000,
      startTimeoutMs: 60_000,
      keep: false,
      bundleFolder: join(RESULTS, "stateless-debug"),
    });
    await writeResults(report, RESULTS);
    expect(report.checks.filter(({ outcome }) => outcome !== "pass")).toEqual([]);
    expect(bannerOf(report)).toMatch(/^Stateless deployment tests completed\n\d+ passed in \d+\.\d\ds$/);
    const { startupMs, tools, memory, writes, durationMs } = report.metrics;
    expect(tools).toEqual([{ tool: TOOL.name, calls: 5, meanMs: expect.any(Number), maxMs: expect.any(Number) }]);
    expect(writes).toEqual({ outside: [], inTmpfs: [] });
    expect(memory.samples).toBeGreaterThan(0);
    expect(memory.peakBytes).toBeGreaterThanOrEqual(memory.meanBytes);
    expect(startupMs).toBeGreaterThan(0);
    expect(durationMs).toBeGreaterThan(startupMs ?? 0);
    expect((await readdir(RESULTS)).filter((name) => /^stateless\.(json|md|xml)$/.test(name)).sort()).toEqual([
      "stateless.json",
      "stateless.md",
      "stateless.xml",
    ]);
  },
  LIMIT_MS,
);

const mcpctl = (...words: readonly string[]) =>
  runProgram([programPath("mcpctl"), ...words], { cwd: tmpdir(), env: { JWT_KEY, MCPCTL_TOKEN: jwtOf("ann") } });

requiresPodman(
  "test_command_names_violations_and_leaves_a_bundle_without_secrets",
  async () => {
    const results = await mkdtemp(join(tmpdir(), "mcpctl-results-"));
    const broken = await scratch.serverVersion("open", { env: { SERVER_BREAKS: "open,writes" } });
    const { exitCode, stdout, stderr } = await mcpctl(
      "verify",
      "stateless",
      broken,
      "--env",
      "JWT_KEY",
      "--results",
      results,
      "--keep",
      "-o",
      "json",
    );
    const report = JSON.parse(stdout) as VerifyReport;
    try {
      expect(exitCode).toBe(1);
      const titles = report.checks.flatMap(({ violations }) => violations.map(({ title }) => title));
      expect(titles).toContain("Server accepted request without JWT token");
      expect(titles).toContain("Container wrote files outside tmpfs directories");
      expect(stderr).toContain("starting");
      expect(stderr).toContain("kept: ");
      expect(await podman("container", "inspect", "--format", "{{.State.Status}}", report.kept[0] ?? "")).toBe("running");
      const bundle = join(results, "stateless-debug");
      const names = (await readdir(bundle)).filter((name) => name.startsWith(report.kept[0] ?? "-"));
      expect(names.map((name) => name.slice((report.kept[0] ?? "").length)).sort()).toEqual([
        ".diff.txt",
        ".env",
        ".inspect.json",
        ".log",
        ".stats.json",
      ]);
      for (const name of await readdir(bundle)) expect(await readFile(join(bundle, name), "utf8")).not.toContain(JWT_KEY);
      expect(await readFile(join(results, "stateless.xml"), "utf8")).toContain("<failure ");
    } finally {
      for (const name of report.kept) await tryPodman("rm", "--force", "--time", "0", name);
      await rm(results, { recursive: true });
    }
  },
  LIMIT_MS,
);

requiresPodman(
  "test_command_says_why_there_is_no_verdict",
  async () => {
    const unknown = await mcpctl("verify", "stateless", `localhost/${scratch.prefix}/none:1`);
    expect(unknown).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("is not on this machine\nhint: ") });

    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const taken = await mcpctl("verify", "stateless", await scratch.serverImage(), "--host-port", String(port), "--env", "JWT_KEY");
    server.close();
    expect(taken).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("a host port of it is in use") });

    const untrusted = await runProgram([programPath("mcpctl"), "verify", "stateless", await scratch.serverImage(), "--env", "JWT_KEY"], {
      cwd: tmpdir(),
      env: { JWT_KEY, MCPCTL_TOKEN: jwtOf("ann", "another key") },
    });
    expect(untrusted).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("hint: give one with --token") });
    expect(await podman("ps", "--all", "--filter", "label=mcpctl.verify=stateless", "--format", "{{.Image}}")).not.toContain(
      scratch.prefix,
    );
  },
  LIMIT_MS,
);

requiresPodman(
  "test_command_verifies_a_service_that_runs_here_and_leaves_it_alone",
  async () => {
    const container = `${scratch.prefix}-api`;
    const strict = [
      "--read-only",
      "--read-only-tmpfs=false",
      "--cap-drop=ALL",
      "--security-opt=no-new-privileges",
      "--memory=512m",
      "--cpus=1",
    ];
    const variables = ["--env=MCP_MULTIUSER_MODE=true", `--env=JWT_KEY=${JWT_KEY}`];
    await podman(
      "run",
      "--detach",
      "--name",
      container,
      ...strict,
      "--tmpfs=/tmp",
      ...variables,
      "--publish=127.0.0.1::8080",
      await scratch.serverImage(),
    );
    const pid = () => podman("container", "inspect", "--format", "{{.State.Pid}}", container);
    const before = await pid();
    const { exitCode, stdout } = await mcpctl(
      "verify",
      "stateless",
      "--service",
      `${scratch.prefix}/api`,
      "--other-token",
      jwtOf("bob"),
      "-o",
      "json",
    );
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "PASS", failed: 0, subject: { kind: "service", name: `${scratch.prefix}/api` } });
    expect(exitCode).toBe(0);
    expect(await pid()).toBe(before);
    const { checks } = JSON.parse(stdout) as VerifyReport;
    const left = checks.filter(({ outcome }) => outcome === "skip").map(({ id }) => id);
    expect(left).toEqual(["no-local-credentials", "same-after-restart", "tmpfs-cleared", "no-warm-start", "survives-strain"]);
  },
  LIMIT_MS,
);

requiresPodman(
  "test_command_that_is_interrupted_leaves_no_container",
  async () => {
    const target = await scratch.serverVersion("interrupted");
    const child = Bun.spawn([programPath("mcpctl"), "verify", "stateless", target, "--env", "JWT_KEY"], {
      env: { ...process.env, JWT_KEY, MCPCTL_TOKEN: jwtOf("ann") },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    let isSignalled = false;
    for await (const chunk of child.stderr) {
      said += new TextDecoder().decode(chunk);
      if (!isSignalled && said.includes("asking")) {
        isSignalled = true;
        child.kill("SIGINT");
      }
    }
    expect(isSignalled).toBe(true);
    expect(await child.exited).toBe(2);
    expect(said).toContain("error: Interrupted: there is no verdict\n");
    expect(await podman("ps", "--all", "--filter", `ancestor=${target}`, "--format", "{{.Names}}")).toBe("");
  },
  LIMIT_MS,
);

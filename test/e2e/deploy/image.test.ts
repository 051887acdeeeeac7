/** The gateway's image, as scripts/build-mcplocal.sh makes it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPodman, podman, requiresPodman, tryPodman } from "../../support/podman/run-podman.ts";
import { runProgram } from "../../support/run-program.ts";
import { freePort } from "../support/free-port.ts";
import { McpCaller } from "../support/mcp-caller.ts";
import { signHs256 } from "../support/sign-hs256.ts";
import { waitUntil } from "../support/wait-until.ts";

const ROOT = join(import.meta.dirname, "../../..");
const BUILD = join(ROOT, "scripts/build-mcplocal.sh");
const NAME = `mcplocal-image-test-${process.pid}`;
const IMAGE = `localhost/${NAME}:built`;
const SECRET = "a secret that only this test and its gateway know";
const BUILD_LIMIT_MS = 120_000;
/** What the executable and its libraries weigh, with a little room. */
const MAX_BYTES = 120_000_000;

const STATELESS = [
  "--read-only",
  "--read-only-tmpfs=false",
  "--image-volume=ignore",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--memory=512m",
  "--cpus=1",
  "--tmpfs=/tmp",
  "--tmpfs=/app/.cache",
  "--tmpfs=/run",
];

describe("the image", () => {
  let said = "";

  beforeAll(async () => {
    if (!hasPodman) return;
    const { exitCode, stdout, stderr } = await runProgram([BUILD, "--tag", IMAGE], { cwd: tmpdir(), env: { CONTAINER_ENGINE: "podman" } });
    if (exitCode !== 0) throw new Error(stderr);
    said = stdout;
  }, BUILD_LIMIT_MS);

  afterAll(async () => {
    if (!hasPodman) return;
    await tryPodman("rm", "--force", "--time=0", NAME);
    await tryPodman("rmi", IMAGE);
  });

  const inspected = async () => JSON.parse(await podman("image", "inspect", IMAGE))[0];

  requiresPodman("has a user of its own, one port, one volume, and a health check by the executable itself", async () => {
    const { Config, Healthcheck } = await inspected();
    expect(Config).toMatchObject({
      User: "10001:10001",
      ExposedPorts: { "3200/tcp": {} },
      Volumes: { "/var/lib/mcplocal/cache": {} },
      Entrypoint: ["/usr/local/bin/mcplocal"],
      Cmd: ["serve"],
    });
    expect(Config.Env).toEqual(expect.arrayContaining(["HOME=/tmp", "MCPLOCAL_HTTP_HOST=0.0.0.0", "MCPLOCAL_HTTP_PORT=3200"]));
    expect(Healthcheck.Test).toEqual(["CMD", "/usr/local/bin/mcplocal", "health"]);
  });

  requiresPodman("holds the executable, its libraries and three small files, and no shell", async () => {
    const container = await podman("create", "--name", NAME, IMAGE);
    const folder = mkdtempSync(join(tmpdir(), "mcpctl-image-"));
    try {
      await podman("export", "--output", join(folder, "image.tar"), container);
      const { stdout } = await runProgram(["tar", "-tf", join(folder, "image.tar")], { cwd: folder });
      const files = stdout.split("\n").filter((path) => path !== "" && !path.endsWith("/"));
      const libraries = files.filter((path) => /(^|\/)lib[^/]+\.so(\.\d+)*$|(^|\/)ld-[^/]+\.so\.\d+$/.test(path));
      // The engine writes /etc/hosts, /etc/resolv.conf and such itself, when a container starts.
      expect(files.filter((path) => !libraries.includes(path)).sort()).toEqual([
        "etc/group",
        "etc/nsswitch.conf",
        "etc/passwd",
        "usr/local/bin/mcplocal",
      ]);
      expect(libraries.length).toBeLessThan(12);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await podman("rm", container);
    }
    for (const shell of ["sh", "/bin/sh", "/bin/bash", "/busybox/sh"]) {
      const run = await tryPodman("run", "--rm", "--name", NAME, "--entrypoint", shell, IMAGE, "-c", "true");
      expect([shell, run.exitCode]).toEqual([shell, 127]);
    }
  });

  requiresPodman(`is at most ${MAX_BYTES / 1e6} MB, and its build says how large it is`, async () => {
    const { Size } = await inspected();
    expect(Size).toBeLessThanOrEqual(MAX_BYTES);
    expect(said).toContain(`Built ${IMAGE} (${Math.round(Size / 1e6)} MB) with podman`);
  });

  requiresPodman(
    "serves under every stateless constraint, is healthy by its own word, and writes nothing",
    async () => {
      const port = await freePort();
      const env = ["-e", "MCP_MULTIUSER_MODE=true", "-e", `MCP_JWT_SECRET=${SECRET}`];
      await podman("run", "--detach", "--name", NAME, ...STATELESS, "-p", `127.0.0.1:${port}:3200`, ...env, IMAGE);
      try {
        const healthy = () => tryPodman("healthcheck", "run", NAME);
        await waitUntil("it is healthy", async () => (await healthy()).exitCode === 0, 20_000);
        const url = `http://127.0.0.1:${port}/mcp`;
        expect((await fetch(url, { method: "POST" })).status).toBe(401);
        const caller = await McpCaller.open(url, signHs256(SECRET, "ann"));
        const reply = await caller.call("content__evo.content.search", { limit: 1 });
        expect(reply.json.result.isError).not.toBe(true);
        const changed = (await podman("diff", NAME)).split("\n").filter((line) => line !== "" && !/^C \/(etc|var|run|tmp|app)$/.test(line));
        expect(changed).toEqual([]);
        const { Mounts, EffectiveCaps } = JSON.parse(await podman("inspect", NAME))[0];
        expect([Mounts, EffectiveCaps ?? []]).toEqual([[], []]);
      } finally {
        await podman("rm", "--force", "--time=2", NAME);
      }
    },
    60_000,
  );

  requiresPodman("its health check fails where nothing listens", async () => {
    const run = await tryPodman("run", "--rm", "--name", NAME, IMAGE, "health");
    expect([run.exitCode, run.stderr.includes("error: ")]).toEqual([1, true]);
  });
});

describe("the image of mcpd", () => {
  const IMAGE_OF_MCPD = `localhost/${NAME}:mcpd`;

  afterAll(async () => {
    if (!hasPodman) return;
    await tryPodman("rm", "--force", "--time=0", "--volumes", `${NAME}-mcpd`);
    await tryPodman("rmi", IMAGE_OF_MCPD);
  });

  requiresPodman(
    "keeps its data in its volume and nothing elsewhere, has no shell, and is healthy by its own word",
    async () => {
      const built = await runProgram([join(ROOT, "scripts/build-mcpd.sh"), "--tag", IMAGE_OF_MCPD], {
        cwd: tmpdir(),
        env: { CONTAINER_ENGINE: "podman" },
      });
      if (built.exitCode !== 0) throw new Error(built.stderr);
      const { Config } = JSON.parse(await podman("image", "inspect", IMAGE_OF_MCPD))[0];
      expect(Config).toMatchObject({ User: "10001:10001", ExposedPorts: { "3100/tcp": {} }, Volumes: { "/var/lib/mcpd": {} } });
      const hardened = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"];
      await podman("run", "--detach", "--name", `${NAME}-mcpd`, ...hardened, IMAGE_OF_MCPD);
      const healthy = () => tryPodman("healthcheck", "run", `${NAME}-mcpd`);
      await waitUntil("mcpd is healthy", async () => (await healthy()).exitCode === 0, 30_000);
      const changed = (await podman("diff", `${NAME}-mcpd`))
        .split("\n")
        .filter((line) => line !== "" && !/^C \/(etc|var|var\/lib|run|tmp)$/.test(line));
      expect(changed).toEqual([]);
      expect((await tryPodman("exec", `${NAME}-mcpd`, "sh", "-c", "true")).exitCode).not.toBe(0);
    },
    BUILD_LIMIT_MS,
  );
});

describe("scripts/build-mcplocal.sh", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mcpctl-build-"));
    // Writes down what it is asked for.
    const engine = ["#!/bin/sh", 'echo "$*" >>"$CALLS"', 'if [ "$1" = image ]; then echo 118000000; fi'];
    writeFileSync(join(folder, "docker"), `${engine.join("\n")}\n`);
    chmodSync(join(folder, "docker"), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const build = async (...words: readonly string[]) => {
    const calls = join(folder, `calls-${words.length}`);
    const env = { CONTAINER_ENGINE: join(folder, "docker"), CALLS: calls, MCPCTL_REGISTRY: "" };
    // Any executable will do for what is looked at here.
    const result = await runProgram([BUILD, "--executable", "/bin/true", ...words], { cwd: folder, env });
    return { ...result, calls: existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [] };
  };

  test(
    "builds with the engine that is named and pushes to a registry where one is named",
    async () => {
      const { exitCode, calls, stdout } = await build("--tag", "localhost/gateway:v1", "--registry", "registry.example.org:5000/team/");
      expect(exitCode).toBe(0);
      expect(calls[0]).toMatch(/^build --quiet --tag localhost\/gateway:v1 --file \S+\/Containerfile \S+$/);
      expect(calls.slice(2)).toEqual([
        "tag localhost/gateway:v1 registry.example.org:5000/team/gateway:v1",
        "push registry.example.org:5000/team/gateway:v1",
      ]);
      expect(stdout).toContain("Pushed registry.example.org:5000/team/gateway:v1");
    },
    BUILD_LIMIT_MS,
  );

  test(
    "pushes nowhere unless a registry is named",
    async () => {
      const { exitCode, calls } = await build("--no-push");
      expect([exitCode, calls.map((call) => call.split(" ")[0])]).toEqual([0, ["build", "image"]]);
    },
    BUILD_LIMIT_MS,
  );

  test("refuses an argument that it does not know, before it builds anything", async () => {
    const { exitCode, stderr, calls } = await build("--push", "now", "x");
    expect([exitCode, stderr, calls]).toEqual([2, "error: unknown argument '--push'\n", []]);
  });
});

import { afterAll } from "bun:test";
import { join } from "node:path";
import { runProgram } from "../support/run-program.ts";

const ROOT = join(import.meta.dirname, "../..");

/**
 * The image that the suite is about: TEST_DOCKER_IMAGE, else the gateway's, built at the first call and removed when the
 * file's tests are over.
 */
export function gatewayImage(): () => Promise<string> {
  let built: Promise<string> | undefined;
  afterAll(async () => {
    if (built !== undefined) await runProgram([containerEngine(), "rmi", "--force", await built], { cwd: ROOT });
  }, 60_000);
  return async () => {
    const given = process.env.TEST_DOCKER_IMAGE;
    if (given !== undefined && given !== "") return given;
    built ??= build(`localhost/mcplocal-stateless-test:${process.pid}`);
    return built;
  };
}

/** The one that the tests run containers with. */
export function containerEngine(): string {
  return Bun.which("podman") === null ? "docker" : "podman";
}

async function build(reference: string): Promise<string> {
  const { exitCode, stderr } = await runProgram(["sh", "scripts/build-mcplocal.sh", "--no-push", "--tag", reference], {
    cwd: ROOT,
    env: { CONTAINER_ENGINE: containerEngine() },
  });
  if (exitCode !== 0) throw new Error(`the gateway's image could not be built: ${stderr}`);
  return reference;
}

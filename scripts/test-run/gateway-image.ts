/** The gateway's image for the tests of the stateless contract: built once, removed in the end. */

/**
 * Runs `use` with TEST_DOCKER_IMAGE set: the image that the environment names already, else one that is built. Where no
 * container engine is there it is not set, and the tests say that they are left out. Throws where the build fails.
 */
export async function withGatewayImage<T>(use: (env: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
  const engine = ["podman", "docker"].find((program) => Bun.which(program) !== null);
  if (engine === undefined || (process.env.TEST_DOCKER_IMAGE ?? "") !== "") return use({});
  const reference = `localhost/mcplocal-stateless-test:${process.pid}`;
  await run(["sh", "scripts/build-mcplocal.sh", "--no-push", "--tag", reference], { CONTAINER_ENGINE: engine });
  try {
    return await use({ TEST_DOCKER_IMAGE: reference });
  } finally {
    await run([engine, "rmi", "--force", reference]);
  }
}

async function run(command: string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const child = Bun.spawn(command, { env: { ...process.env, ...env }, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const [errors, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}: ${errors.trim()}`);
}

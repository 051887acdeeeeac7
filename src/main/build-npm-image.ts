import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliDeps } from "../cli/ports.ts";
import { buildNpmImage } from "../runtime/npm-image/podman/build-npm-image.ts";
import { checkoutFolder } from "./checkout.ts";

/** Makes an image of a package of npm's around this program: itself where it is compiled, else compiled for the occasion. */
export async function buildImageOfPackage(options: Parameters<CliDeps["buildNpmImage"]>[0]): Promise<string> {
  const checkout = checkoutFolder();
  if (checkout === undefined) return (await buildNpmImage({ ...options, executable: process.execPath })).reference;
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-executable-"));
  try {
    options.onProgress("compiling the bridge");
    const build = Bun.spawn([process.execPath, join(checkout, "scripts/build.ts"), "--outdir", folder], {
      cwd: checkout,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
      signal: options.signal,
    });
    await build.exited;
    return (await buildNpmImage({ ...options, executable: join(folder, "mcpctl") })).reference;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

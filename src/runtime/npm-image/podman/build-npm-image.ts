import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AppError } from "../../../core/app-error.ts";
import { type NpmPackage, npmContainerfile, npmImageName, type PackageManifest, scriptOf } from "../npm-package.ts";

export interface BuildNpmImageOptions {
  readonly package: NpmPackage;
  /** The program to start, where the package has several. */
  readonly bin?: string;
  /** Path of our own compiled executable: the bridge, and the runtime of the package. */
  readonly executable: string;
  /** Hears what is being done, one line for each step. */
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface NpmImage {
  readonly reference: string;
  readonly version: string;
}

const INSTALL_MS = 300_000;
const BUILD_MS = 300_000;

/**
 * Builds an image of a package of npm's on this machine. Scripts of packages are not run while they are installed.
 *
 * Throws `unavailable`/`PROGRAM_MISSING` without npm or podman, `unavailable`/`NPM_INSTALL_FAILED`,
 * `internal`/`IMAGE_BUILD_FAILED`, and what `scriptOf` throws.
 */
export async function buildNpmImage(options: BuildNpmImageOptions): Promise<NpmImage> {
  for (const program of ["npm", "podman"]) requireProgram(program);
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-npm-image-"));
  try {
    return await buildIn(folder, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildIn(folder: string, { package: wanted, bin, executable, onProgress, signal }: BuildNpmImageOptions): Promise<NpmImage> {
  const root = join(folder, "root");
  const app = join(root, "app");
  await mkdir(app, { recursive: true });
  const spec = wanted.wanted === undefined ? wanted.name : `${wanted.name}@${wanted.wanted}`;
  onProgress(`installing ${spec}`);
  const flags = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  await run(["npm", "install", "--prefix", app, ...flags, "--", spec], { limitMs: INSTALL_MS, signal, reason: "NPM_INSTALL_FAILED" });
  const manifest = JSON.parse(await readFile(join(app, "node_modules", wanted.name, "package.json"), "utf8")) as PackageManifest;
  const script = scriptOf(manifest, bin);
  onProgress("collecting the runtime and its libraries");
  await copyProgram(executable, root, signal);
  await mkdir(join(root, "tmp"), { mode: 0o1777 });
  await writeFile(join(folder, "Containerfile"), npmContainerfile(wanted.name, script));
  const reference = npmImageName(manifest);
  onProgress(`building ${reference}`);
  const build = ["podman", "build", "--quiet", "--pull=never", "--tag", reference, folder];
  await run(build, { limitMs: BUILD_MS, signal, reason: "IMAGE_BUILD_FAILED" });
  return { reference, version: manifest.version };
}

/** With the paths that the dynamic linker would load it by. */
async function copyProgram(executable: string, root: string, signal: AbortSignal): Promise<void> {
  await cp(executable, join(root, "mcplocal"), { dereference: true });
  const listed = await run(["ldd", executable], { limitMs: 10_000, signal, reason: "IMAGE_BUILD_FAILED" });
  for (const [, library = ""] of listed.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)) {
    await mkdir(join(root, dirname(library)), { recursive: true });
    await cp(library, join(root, library), { dereference: true });
  }
}

function requireProgram(program: string): void {
  if (Bun.which(program) !== null) return;
  throw new AppError("unavailable", "PROGRAM_MISSING", `${program} is not installed on this machine`, {
    hint: "an image of npm's is built where the command runs; give an image that is there instead",
  });
}

interface RunLimits {
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly reason: "NPM_INSTALL_FAILED" | "IMAGE_BUILD_FAILED";
}

const MAX_SAID = 2000;

async function run(command: readonly string[], { limitMs, signal, reason }: RunLimits): Promise<string> {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
    killSignal: "SIGKILL",
  });
  const [output, errors, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  signal.throwIfAborted();
  if (exitCode === 0) return output;
  const said = (errors.trim() || output.trim() || "it said nothing").slice(-MAX_SAID);
  const message = `${command[0]} ${command[1] ?? ""} failed: ${said}`;
  if (reason === "NPM_INSTALL_FAILED") throw new AppError("unavailable", "NPM_INSTALL_FAILED", message);
  throw new AppError("internal", "IMAGE_BUILD_FAILED", message);
}

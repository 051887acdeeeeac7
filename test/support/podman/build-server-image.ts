import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runProgram } from "../run-program.ts";
import { podman } from "./run-podman.ts";

/**
 * Builds an image FROM scratch: `image-server.ts`, or another program by its path, compiled, and its libraries. Two seconds;
 * nothing is pulled.
 */
export function buildServerImage(reference: string, program = join(import.meta.dirname, "image-server.ts")): Promise<void> {
  return inFolder(async (folder) => {
    const root = join(folder, "root");
    await compile(program, join(root, "server"));
    await copyLibraries(join(root, "server"), root);
    await mkdir(join(root, "tmp"), { mode: 0o1777 });
    await markAs(reference, root);
    await build(folder, reference, ["FROM scratch", "COPY root /", "ENV HOME=/tmp", 'ENTRYPOINT ["/server"]', "EXPOSE 8080"]);
  });
}

/** Builds an image FROM scratch of a program of this machine and its libraries, which runs with these words. Nothing is pulled. */
export function buildProgramImage(reference: string, program: string, words: readonly string[]): Promise<void> {
  return inFolder(async (folder) => {
    const root = join(folder, "root");
    await mkdir(root);
    await cp(program, join(root, "program"), { dereference: true });
    await copyLibraries(program, root);
    await markAs(reference, root);
    await build(folder, reference, ["FROM scratch", "COPY root /", `ENTRYPOINT ${JSON.stringify(["/program", ...words])}`]);
  });
}

/** Builds an image FROM another one with further lines; a tenth of a second where they only set variables. */
export function buildOnTopOf(base: string, reference: string, lines: readonly string[]): Promise<void> {
  return inFolder((folder) => build(folder, reference, [`FROM ${base}`, ...lines]));
}

/**
 * podman gives the same content the same image, whoever builds it: who removes theirs would take it from others whose build has just
 * found it.
 */
async function markAs(reference: string, root: string): Promise<void> {
  await writeFile(join(root, ".reference"), reference);
}

async function build(folder: string, reference: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(folder, "Containerfile"), `${lines.join("\n")}\n`);
  await podman("build", "--quiet", "--pull=never", "--tag", reference, folder);
}

async function compile(program: string, outfile: string): Promise<void> {
  await mkdir(dirname(outfile), { recursive: true });
  await Bun.build({
    entrypoints: [program],
    sourcemap: "none",
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
  });
}

async function copyLibraries(program: string, root: string): Promise<void> {
  for (const library of await librariesOf(program)) {
    await mkdir(join(root, dirname(library)), { recursive: true });
    await cp(library, join(root, library), { dereference: true });
  }
}

/** The paths that the dynamic linker would load. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await runProgram(["ldd", program], { cwd: tmpdir() });
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)].map(([, path]) => path ?? "");
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-image-"));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERSION } from "../../src/core/version.ts";
import { runProgram } from "../support/run-program.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMES = ["mcpctl", "mcp", "mcpd", "mcplocal", "mcp-agent"] as const;

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(await realpath(tmpdir()), "mcpctl bin-"));
});
afterAll(async () => {
  await rm(scratch, { recursive: true });
});

/** The program says its version and how to use it, and nothing on standard error. */
async function expectAnswers(program: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const version = await runProgram([program, "--version"], { cwd: scratch, env });
  expect(version).toMatchObject({ exitCode: 0, stderr: "" });
  expect(version.stdout).toContain(VERSION);
  const help = await runProgram([program, "--help"], { cwd: scratch, env });
  expect(help).toMatchObject({ exitCode: 0, stderr: "" });
  expect(help.stdout).toMatch(/usage/i);
}

/** Bun would run what a bunfig.toml of the caller's folder names, and read a .env there. */
async function expectNoForeignCode(program: string): Promise<void> {
  const folder = await mkdtemp(join(scratch, "foreign-"));
  await Bun.write(join(folder, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
  await Bun.write(join(folder, "preload.ts"), 'process.stdout.write("foreign code");\n');
  const { stdout } = await runProgram([program, "--version"], { cwd: folder });
  expect(stdout).not.toContain("foreign code");
  expect(stdout).toContain(VERSION);
}

/** A checkout in which npm ran no install scripts: Bun lies in its platform package only. */
async function makeCheckout(name: string, withBun: boolean): Promise<string> {
  const root = join(scratch, name);
  await mkdir(root);
  for (const folder of ["bin", "scripts"]) await cp(join(ROOT, folder), join(root, folder), { recursive: true });
  for (const path of ["src", "package.json"]) await symlink(join(ROOT, path), join(root, path));
  if (!withBun) return root;
  const platform = join(root, "node_modules/@oven/bun-linux-x64/bin");
  await mkdir(platform, { recursive: true });
  await symlink(process.execPath, join(platform, "bun"));
  return root;
}

describe("from a checkout", () => {
  test.each(NAMES)("bin/%s answers from any folder", async (name) => {
    await expectAnswers(join(ROOT, "bin", name));
  });

  test("files in the caller's folder change nothing for a program of the checkout", () => expectNoForeignCode(join(ROOT, "bin/mcpctl")));

  test("a program answers through a symlink, by its name in PATH", async () => {
    const links = join(scratch, "links");
    await mkdir(links);
    for (const name of NAMES) await symlink(join(ROOT, "bin", name), join(links, name));
    for (const name of NAMES) await expectAnswers(name, { PATH: `${links}:${process.env.PATH ?? ""}` });
  });

  test("a program starts where npm ran no install scripts, from a folder with a space in its name", async () => {
    const root = await makeCheckout("no scripts", true);
    await expectAnswers(join(root, "bin/mcpctl"));
  });

  test("a program without dependencies says what is missing and what to do", async () => {
    const root = await makeCheckout("not installed", false);
    const { exitCode, stdout, stderr } = await runProgram([join(root, "bin/mcpctl"), "--version"], { cwd: scratch });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^error: Bun is not installed in .*not installed.*\nhint: run 'npm ci' in .*\n$/);
  });
});

describe("compiled", () => {
  let build = "";
  beforeAll(async () => {
    build = join(scratch, "build");
    const built = await runProgram([process.execPath, join(ROOT, "scripts/build.ts"), "--outdir", build], { cwd: scratch });
    expect(built).toMatchObject({ exitCode: 0, stderr: "" });
  }, 60_000);

  test("npm run build makes one executable that answers to all five names", async () => {
    for (const name of NAMES) {
      expect(await realpath(join(build, name))).toBe(join(build, "mcpctl"));
      await expectAnswers(join(build, name));
    }
  });

  test("each name starts its own role, by its path, by PATH and through a symlink elsewhere", async () => {
    const links = join(scratch, "compiled links");
    await mkdir(links);
    for (const name of NAMES) {
      await symlink(join(build, name), join(links, name));
      const run = (program: string, env = {}) => runProgram([program, "--help"], { cwd: scratch, env });
      const { stdout } = await runProgram([join(ROOT, "bin", name), "--help"], { cwd: scratch });
      expect((await run(join(build, name))).stdout).toBe(stdout);
      expect((await run(name, { PATH: `${build}:${process.env.PATH ?? ""}` })).stdout).toBe(stdout);
      expect((await run(join(links, name))).stdout).toBe(stdout);
    }
  });

  test("under an unknown name it is mcpctl", async () => {
    const other = join(scratch, "renamed");
    await symlink(join(build, "mcpctl"), other);
    const [renamed, mcpctl] = await Promise.all(
      [other, join(build, "mcpctl")].map((path) => runProgram([path, "--help"], { cwd: scratch })),
    );
    expect(renamed).toEqual(mcpctl);
  });

  test("files in the folder it is called from change nothing", () => expectNoForeignCode(join(build, "mcpctl")));
});

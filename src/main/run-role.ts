import type { Program } from "../cli/new-program.ts";
import { VERSION } from "../core/version.ts";

/** What a role's program gets from the process it runs in. */
export interface RoleIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  stdout(text: string): void;
  stderr(text: string): void;
}

/**
 * Runs the program of one role on this process's arguments.
 *
 * A bare `--version` is answered without loading anything more. The exit code is set
 * and not forced, so that what was written still leaves.
 */
export async function runRole(build: (io: RoleIo) => Promise<Program>): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  let lost = false;
  const onWriteError = (error: Error & { code?: string }) => {
    // `mcpctl … | head` closes the pipe when it has read enough; that is no failure of ours.
    if (error.code === "EPIPE" || lost) return;
    lost = true;
    process.exitCode = 1;
    process.stderr.write(`error: cannot write the output: ${error.message}\n`);
  };
  process.stdout.on("error", onWriteError);
  process.stderr.on("error", onWriteError);
  const io: RoleIo = {
    env: process.env,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
  };
  const [{ runCli }, program] = await Promise.all([import("../cli/run-cli.ts"), build(io)]);
  const exitCode = await runCli(program, argv);
  process.exitCode = lost ? 1 : exitCode;
}

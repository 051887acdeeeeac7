import { tmpdir } from "node:os";
import { requires } from "../requires.ts";
import { type ProgramResult, runProgram } from "../run-program.ts";

export const hasPodman = Bun.which("podman") !== null;

/** Declares a test that needs a real podman. */
export const requiresPodman = requires(hasPodman, "podman is not installed");

/** Runs podman to its end and gives what it said; throws with its own words where it fails. */
export async function podman(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await tryPodman(...words);
  if (exitCode !== 0) throw new Error(`podman ${words.join(" ")} ended with ${exitCode}: ${stderr}`);
  return stdout.trim();
}

const TRIES = 5;

/** Removes a container, whatever it does. podman gives up on one that ends while it is killed, and removes it at the next try. */
export async function forceRemove(name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const { exitCode, stderr } = await tryPodman("rm", "--force", "--ignore", "--time", "0", name);
    if (exitCode === 0) return;
    if (tries === TRIES) throw new Error(`podman does not remove ${name}: ${stderr}`);
  }
}

export function tryPodman(...words: readonly string[]): Promise<ProgramResult> {
  return runProgram(["podman", ...words], { cwd: tmpdir() });
}

import { oneLine } from "../../core/one-line.ts";
import type { ExecSession, Runtime } from "../../runtime/runtime.ts";
import type { Answer } from "./probe-ports.ts";

/** How much of what the command said last is told, in bytes. */
const TOLD_BYTES = 400;

/** Runs a command in the container; exit code 0 is good. With `signal` it is no longer waited for. */
export async function runCheckCommand(
  runtime: Pick<Runtime, "exec">,
  container: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Answer> {
  const session = await runtime.exec(container, { command, tty: false, stdin: false, signal });
  const [said, exitCode] = await Promise.all([lastSaid(session), session.exitCode]);
  const name = command[0] ?? "";
  if (exitCode === 0) return { ok: true, detail: `${name} exited with code 0` };
  return { ok: false, reason: `${name} exited with code ${exitCode}${said === "" ? "" : `: ${said}`}` };
}

async function lastSaid(session: ExecSession): Promise<string> {
  let tail = new Uint8Array();
  for await (const { data } of session.output) {
    const joined = new Uint8Array(tail.byteLength + data.byteLength);
    joined.set(tail);
    joined.set(data, tail.byteLength);
    tail = joined.slice(-TOLD_BYTES);
  }
  return oneLine(new TextDecoder().decode(tail));
}

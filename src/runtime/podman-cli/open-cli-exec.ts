import type { ExecOptions, ExecSession, LogChunk } from "../runtime.ts";
import { runtimeCanceled, runtimeFailed } from "../runtime-errors.ts";
import { bothStreams } from "./both-streams.ts";
import type { PodmanCommand } from "./podman-command.ts";

/** `podman exec` as a session. The signal ends podman; the command in the container then loses its streams. */
export function openCliExec(podman: PodmanCommand, name: string, { command, tty, stdin, signal }: ExecOptions): ExecSession {
  const flags = [...(tty ? ["--tty"] : []), ...(stdin ? ["--interactive"] : [])];
  const argv = ["exec", ...flags, name, ...command];
  const child = podman.open({ argv, what: `run a command in ${name}`, timeoutMs: undefined, ...(stdin ? { stdin: "pipe" } : {}) });
  const kill = () => child.kill("SIGKILL");
  if (signal.aborted) kill();
  signal.addEventListener("abort", kill, { once: true });
  void child.exited.then(() => signal.removeEventListener("abort", kill));
  const input = child.stdin;
  const requireInput = () => {
    if (input === undefined || typeof input === "number") throw runtimeFailed("write to a command", "it takes no input");
    return input;
  };
  async function* output(): AsyncGenerator<LogChunk> {
    yield* bothStreams(child.stdout, child.stderr);
    if (signal.aborted) throw runtimeCanceled(signal);
  }
  return {
    output: output(),
    write: async (data) => {
      const sink = requireInput();
      sink.write(data);
      await sink.flush();
    },
    closeInput: async () => void (await requireInput().end()),
    exitCode: child.exited,
  };
}

import { errorOfRefusal } from "../engine-error.ts";
import type { ExecOptions, ExecSession, LogChunk } from "../runtime.ts";
import { runtimeFailed } from "../runtime-errors.ts";
import { DEADLINES } from "./engine-request.ts";
import { type HijackedConnection, hijack } from "./hijack.ts";
import { refusalOf } from "./refusal-of.ts";
import type { SocketClient } from "./socket-client.ts";
import { stdcopyFrames } from "./stdcopy-frames.ts";

/**
 * Runs a command in a container. libpod and Docker do it alike: make a session, start it on a connection that becomes the
 * command's own, ask for its exit code when that ends. `base` is `/v4.0.0/libpod` or `/v1.41`.
 */
export async function openExec(client: SocketClient, base: string, container: string, options: ExecOptions): Promise<ExecSession> {
  const what = `run a command in ${container}`;
  const { command, tty, stdin, signal } = options;
  const made = await client.call({
    method: "POST",
    path: `${base}/containers/${encodeURIComponent(container)}/exec`,
    what,
    timeoutMs: DEADLINES.writeMs,
    body: { Cmd: command, Tty: tty, AttachStdin: stdin, AttachStdout: true, AttachStderr: true },
    signal,
  });
  if (made.status !== 201) throw errorOfRefusal({ what, container }, refusalOf(made.text));
  const { Id: id } = JSON.parse(made.text) as { readonly Id: string };
  const path = `${base}/exec/${id}`;
  const body = { Detach: false, Tty: tty };
  const connection = await hijack(client.socketPath, {
    method: "POST",
    path: `${path}/start`,
    what,
    timeoutMs: DEADLINES.writeMs,
    body,
    signal,
  });
  if (connection.status !== 101 && connection.status !== 200) throw errorOfRefusal({ what, container }, refusalOf(connection.text));
  return sessionOf(connection, tty, () => exitCodeOf(client, `${path}/json`, what));
}

function sessionOf(connection: HijackedConnection, tty: boolean, askExitCode: () => Promise<number>): ExecSession {
  const exit = Promise.withResolvers<number>();
  // Whoever does not ask for the code is not to be told that there is none.
  exit.promise.catch(() => {});
  async function* output(): AsyncGenerator<LogChunk> {
    try {
      if (tty) for await (const data of connection.chunks) yield { stream: "stdout", data };
      else yield* stdcopyFrames(connection.chunks);
      exit.resolve(await askExitCode());
    } catch (thrown) {
      exit.reject(thrown);
      throw thrown;
    } finally {
      exit.reject(runtimeFailed("run a command", "its output was not read to the end"));
      connection.close();
    }
  }
  return {
    output: output(),
    write: (data) => connection.write(data),
    closeInput: () => connection.end(),
    exitCode: exit.promise,
  };
}

/** podman ends the stream a moment before it writes the exit code down. */
async function exitCodeOf(client: SocketClient, path: string, what: string): Promise<number> {
  const deadline = performance.now() + DEADLINES.readMs;
  for (;;) {
    const { status, text } = await client.call({ method: "GET", path, what, timeoutMs: DEADLINES.readMs });
    if (status !== 200) throw errorOfRefusal({ what }, refusalOf(text));
    const { Running: isRunning, ExitCode: code } = JSON.parse(text) as { readonly Running: boolean; readonly ExitCode: number | null };
    if (!isRunning && code !== null) return code;
    if (performance.now() > deadline) throw runtimeFailed(what, "its exit code is not known");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

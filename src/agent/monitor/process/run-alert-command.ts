import { oneLine } from "../../../core/one-line.ts";
import type { AlertCommand, AlertOutcome } from "../alert.ts";

export interface AlertCommandOptions {
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  /** What the command gets beside the `MCP_*` variables, `PATH` for instance. */
  readonly env: Readonly<Record<string, string>>;
  /** Sends a signal to a process group. The command leads one of its own, so that what it starts goes with it. */
  readonly signalGroup: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
}

/** How much of what it says is kept for the reason; the rest is read and dropped, so that no pipe fills. */
const KEPT_BYTES = 2000;
const TERM_GRACE_MS = 500;
/** How long its output is waited for when it is gone: what it started may hold the pipes. */
const PIPE_GRACE_MS = 200;

/** An alert command as a process; undefined where none is set. Over time it is asked to end, then killed with its whole group. */
export function alertCommandOf(options: AlertCommandOptions): AlertCommand | undefined {
  return options.argv.length === 0 ? undefined : (variables, signal) => run(options, variables, signal);
}

async function run(
  { argv, timeoutMs, env, signalGroup }: AlertCommandOptions,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<AlertOutcome> {
  if (signal.aborted) return { ok: false, reason: "the agent is stopping" };
  const started = start(argv, { ...env, ...variables });
  if ("reason" in started) return { ok: false, reason: started.reason };
  const { child } = started;
  const kill = (name: "SIGTERM" | "SIGKILL") => {
    try {
      signalGroup(child.pid, name);
    } catch {
      // The group is gone already.
    }
  };
  let ended: string | undefined;
  let grace: ReturnType<typeof setTimeout> | undefined;
  const end = (reason: string) => {
    ended ??= reason;
    kill("SIGTERM");
    grace ??= setTimeout(() => kill("SIGKILL"), TERM_GRACE_MS);
  };
  const timer = setTimeout(() => end(`it did not end within ${timeoutMs} ms and was killed`), timeoutMs);
  const onAbort = () => end("the agent is stopping");
  signal.addEventListener("abort", onAbort);
  const said = [child.stdout, child.stderr].map(readTail);
  const exitCode = await child.exited;
  clearTimeout(timer);
  clearTimeout(grace);
  signal.removeEventListener("abort", onAbort);
  kill("SIGKILL");
  const pipes = setTimeout(() => {
    for (const { cancel } of said) cancel();
  }, PIPE_GRACE_MS);
  const texts = await Promise.all(said.map(({ text }) => text));
  clearTimeout(pipes);
  return outcomeOf(argv[0] ?? "", exitCode, ended, texts);
}

function start(argv: readonly string[], env: Readonly<Record<string, string>>) {
  try {
    return { child: Bun.spawn([...argv], { env: { ...env }, stdin: "ignore", stdout: "pipe", stderr: "pipe", detached: true }) };
  } catch (thrown) {
    return { reason: `${argv[0]} cannot be started: ${oneLine(thrown instanceof Error ? thrown.message : String(thrown))}` };
  }
}

function outcomeOf(program: string, exitCode: number, ended: string | undefined, texts: readonly string[]): AlertOutcome {
  if (ended === undefined && exitCode === 0) return { ok: true };
  const what = ended ?? `it exited with code ${exitCode}`;
  // What it says on standard error comes before its output.
  const said = oneLine(texts.toReversed().find((text) => text.trim() !== "") ?? "");
  return { ok: false, reason: `${program}: ${what}${said === "" ? "" : `; it last said: ${said}`}` };
}

/** Reads a stream to its end and keeps the last of it. */
function readTail(stream: ReadableStream<Uint8Array>): { readonly text: Promise<string>; readonly cancel: () => void } {
  const reader = stream.getReader();
  const read = async () => {
    let tail = Buffer.alloc(0);
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        tail = Buffer.concat([tail, next.value.subarray(-KEPT_BYTES)]).subarray(-KEPT_BYTES);
      }
    } catch {
      // What was read so far is told.
    }
    return tail.toString();
  };
  return { text: read(), cancel: () => void reader.cancel().catch(() => {}) };
}

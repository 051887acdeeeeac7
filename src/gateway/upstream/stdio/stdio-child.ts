import { CallSignal, type CancelSignal } from "../../../core/cancel-signal.ts";
import { createLineSplitter, type LineSplitter } from "../../../mcp/line-splitter.ts";
import type { ReadBudget } from "../read-budget.ts";
import { createErrorOutput } from "./error-output.ts";

/** What a process is started with. `env` is all it gets. */
export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface StdioChildOptions {
  readonly command: StdioCommand;
  readonly maxLineBytes: number;
  /** Sends a signal to a process group. The child leads one of its own, so that what it starts goes with it. */
  readonly signalGroup: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
  /** Takes each line of its output, and says whether it was asked for. */
  readonly onLine: (line: string) => boolean;
  /** What it may say beside what it is asked for. */
  readonly budget: ReadBudget;
  /** Takes each line of its standard error, and gives it back as it may be told. */
  readonly onErrorLine: (line: string) => string;
}

/** One life of a process that speaks lines on its standard streams. */
export interface StdioChild {
  readonly pid: number;
  /** Never throws: a process that cannot be written to is ended. */
  write(line: string): void;
  /** Resolves when the process is gone and its output is read, with a reason for people. */
  readonly exited: Promise<string>;
  /** Closes its input, then asks, then kills. Resolves when it is gone. */
  stop(): Promise<void>;
}

const DEAF_GRACE_MS = 250;
const CLOSE_GRACE_MS = 500;
const TERM_GRACE_MS = 1500;
/** How long output is waited for when the process is gone: what it started may live on and hold the pipes. */
const PIPE_GRACE_MS = 500;
/** How much of its last line is told, in characters. */
const LAST_LINE = 200;
/** Longest line of its standard error that is looked at: what is hidden in it must be seen whole, and a secret has up to 16 KiB. */
const ERROR_LINE = 24 * 1024;

/** Starts the process. Throws where it cannot be started. */
export function startStdioChild(options: StdioChildOptions): StdioChild {
  const { command, args, env } = options.command;
  const child = Bun.spawn([command, ...args], { env: { ...env }, stdin: "pipe", stdout: "pipe", stderr: "pipe", detached: true });
  let lastLine: string | undefined;
  let broken: string | undefined;

  const signalGroup = (signal: "SIGTERM" | "SIGKILL") => {
    try {
      options.signalGroup(child.pid, signal);
    } catch {
      // The group is gone already.
    }
  };
  let ending: ReturnType<typeof setTimeout> | undefined;
  // Most often the process is just going. Nobody can talk to one that has closed its input and lives on.
  const onDeaf = () => {
    ending ??= setTimeout(() => {
      broken = "it closed its input";
      signalGroup("SIGKILL");
    }, DEAF_GRACE_MS);
  };
  const splitter = createLineSplitter(options.maxLineBytes);
  const output = readChunks(child.stdout, (chunk, canceled) => takeOutput(options, splitter, chunk, canceled));
  const said = createErrorOutput({
    maxLine: ERROR_LINE,
    monotonicNow: () => performance.now(),
    onLine(line) {
      const shown = options.onErrorLine(line);
      if (shown.trim() !== "") lastLine = shown.slice(0, LAST_LINE);
    },
    onLeftOut: (bytes) => options.onErrorLine(`[${bytes} bytes are left out here: it wrote too much at once]`),
  });
  const errors = readChunks(child.stderr, (chunk) => {
    said.push(chunk);
    return undefined;
  });
  const reading = output.done.catch((thrown: unknown) => {
    broken = thrown instanceof Error ? thrown.message : String(thrown);
    signalGroup("SIGKILL");
  });

  const exited = child.exited.then(async () => {
    clearTimeout(ending);
    signalGroup("SIGKILL");
    const timers = [output, errors].map(({ cancel }) => setTimeout(cancel, PIPE_GRACE_MS));
    await Promise.allSettled([reading, errors.done]);
    for (const timer of timers) clearTimeout(timer);
    said.end();
    return broken ?? exitReason(child.exitCode, String(child.signalCode), lastLine);
  });

  return {
    pid: child.pid,
    write(line) {
      try {
        child.stdin.write(`${line}\n`);
        const flushed = child.stdin.flush();
        if (flushed instanceof Promise) flushed.catch(onDeaf);
      } catch {
        onDeaf();
      }
    },
    exited,
    async stop() {
      // Not waited for: what a process does not read never leaves.
      Promise.try(() => child.stdin.end()).catch(() => {});
      const timers = [
        setTimeout(() => signalGroup("SIGTERM"), CLOSE_GRACE_MS),
        setTimeout(() => signalGroup("SIGKILL"), CLOSE_GRACE_MS + TERM_GRACE_MS),
      ];
      await exited;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** Takes a piece of its output, and counts what in it was not asked for. Most pieces are one answer. */
function takeOutput(
  { onLine, budget }: StdioChildOptions,
  splitter: LineSplitter,
  chunk: Uint8Array,
  canceled: CancelSignal,
): Promise<void> | undefined {
  const heldBefore = splitter.held;
  const lines = splitter.push(chunk);
  const answers = lines.filter(onLine);
  if (answers.length > 0 && answers.length === lines.length) return undefined;
  const unfinished = Math.max(0, splitter.held - heldBefore);
  const ofAnswers = answers.reduce((bytes, line) => bytes + Buffer.byteLength(line), 0);
  budget.spend(Math.max(0, chunk.byteLength - unfinished - ofAnswers), lines.length - answers.length);
  return budget.pause(canceled);
}

type OnChunk = (chunk: Uint8Array, canceled: CancelSignal) => Promise<void> | undefined;

/**
 * Reads a stream to its end, or until it is canceled, and waits for what `onChunk` gives before it reads on. `done` rejects
 * with what that throws.
 */
function readChunks(stream: ReadableStream<Uint8Array>, onChunk: OnChunk) {
  const reader = stream.getReader();
  const canceled = new CallSignal();
  const cancel = () => {
    canceled.abort();
    reader.cancel().catch(() => {});
  };
  const read = async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const pause = onChunk(next.value, canceled);
      if (pause !== undefined) await pause;
    }
  };
  return { done: read().finally(cancel), cancel };
}

function exitReason(code: number | null, signal: string, lastLine: string | undefined): string {
  const how = code === null ? `was ended by ${signal}` : `exited with code ${code}`;
  return lastLine === undefined ? `it ${how}` : `it ${how}; it last said: ${lastLine}`;
}

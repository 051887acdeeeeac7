import { createLineSplitter } from "./line-splitter.ts";

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
  readonly onLine: (line: string) => void;
}

/** One life of a process that speaks lines on its standard streams. */
export interface StdioChild {
  readonly pid: number;
  write(line: string): void;
  /** Resolves when the process is gone and its output is read, with a reason for people. */
  readonly exited: Promise<string>;
  /** Closes its input, then asks, then kills. Resolves when it is gone. */
  stop(): Promise<void>;
}

const CLOSE_GRACE_MS = 500;
const TERM_GRACE_MS = 1500;
const STDERR_LINES = 20;
const STDERR_LINE_BYTES = 4096;

/** Starts the process. Throws where it cannot be started. */
export function startStdioChild(options: StdioChildOptions): StdioChild {
  const { command, args, env } = options.command;
  const child = Bun.spawn([command, ...args], { env: { ...env }, stdin: "pipe", stdout: "pipe", stderr: "pipe", detached: true });
  const stderr: string[] = [];
  let broken: string | undefined;

  const signalGroup = (signal: "SIGTERM" | "SIGKILL") => {
    try {
      options.signalGroup(child.pid, signal);
    } catch {
      // The group is gone already.
    }
  };
  const reading = readLines(child.stdout, options.maxLineBytes, options.onLine).catch((thrown: unknown) => {
    broken = thrown instanceof Error ? thrown.message : String(thrown);
    signalGroup("SIGKILL");
  });
  // A line too long for the ring is no reason to stop: the reader goes on to drain the pipe.
  const draining = readLines(child.stderr, Number.POSITIVE_INFINITY, (line) => {
    stderr.push(line.slice(0, STDERR_LINE_BYTES));
    if (stderr.length > STDERR_LINES) stderr.shift();
  }).catch(() => {});

  const exited = child.exited.then(async () => {
    // What the process started may still hold the pipes.
    signalGroup("SIGKILL");
    await Promise.all([reading, draining]);
    return broken ?? exitReason(child.exitCode, String(child.signalCode), stderr.at(-1));
  });

  return {
    pid: child.pid,
    write(line) {
      child.stdin.write(`${line}\n`);
      child.stdin.flush();
    },
    exited,
    async stop() {
      await Promise.resolve(child.stdin.end()).catch(() => {});
      const timers = [
        setTimeout(() => signalGroup("SIGTERM"), CLOSE_GRACE_MS),
        setTimeout(() => signalGroup("SIGKILL"), CLOSE_GRACE_MS + TERM_GRACE_MS),
      ];
      await exited;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

async function readLines(stream: ReadableStream<Uint8Array>, maxLineBytes: number, onLine: (line: string) => void): Promise<void> {
  const splitter = createLineSplitter(maxLineBytes);
  for await (const chunk of stream) {
    for (const line of splitter.push(chunk)) onLine(line);
  }
}

function exitReason(code: number | null, signal: string, lastLine: string | undefined): string {
  const how = code === null ? `was ended by ${signal}` : `exited with code ${code}`;
  return lastLine === undefined ? `it ${how}` : `it ${how}; it last said: ${lastLine.slice(0, 200)}`;
}

import { CallLimit } from "../engine-http/call-limit.ts";
import { runtimeUnavailable } from "../runtime-errors.ts";

const MAX_OUTPUT_BYTES = 64 << 20;

export interface PodmanOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PodmanCliOptions {
  /** The program: a name or a path. */
  readonly program: string;
  /** podman's environment: `PATH`, `HOME`, `XDG_RUNTIME_DIR` where they are set. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder of ours alone, which is there: for files that live as long as a call, and what podman leaves where it runs. */
  readonly folder: string;
}

export interface PodmanRun {
  readonly argv: readonly string[];
  readonly what: string;
  /** Undefined: no limit. */
  readonly timeoutMs: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: "pipe";
  readonly signal?: AbortSignal | undefined;
}

export type PodmanChild = Bun.Subprocess<"ignore" | "pipe", "pipe", "pipe">;

/**
 * podman's command line. Its own environment is `env` alone, and it works in a folder of ours: the monitor of a container that is
 * killed for its memory leaves a file `oom` where podman was started (4.3.1).
 */
export class PodmanCommand {
  readonly #program: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #folder: string;

  constructor({ program, env, folder }: PodmanCliOptions) {
    this.#program = program;
    this.#env = env;
    this.#folder = folder;
  }

  /** Runs it to its end. Where it is not over in time it is killed, and the call fails. */
  async run(run: PodmanRun): Promise<PodmanOutcome> {
    const limit = new CallLimit(run);
    if (limit.over !== undefined) throw limit.over;
    const child = this.open(run);
    limit.whenOver(() => child.kill("SIGKILL"));
    try {
      const [stdout, stderr, exitCode] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]);
      if (limit.over !== undefined) throw limit.over;
      return { exitCode, stdout, stderr };
    } finally {
      limit.release();
      child.kill("SIGKILL");
    }
  }

  /** Starts it; whoever asks ends it. */
  open({ argv, env = {}, stdin }: PodmanRun): PodmanChild {
    try {
      const options = {
        cwd: this.#folder,
        env: { ...env, ...this.#env },
        stdin: stdin ?? "ignore",
        stdout: "pipe",
        stderr: "pipe",
      } as const;
      return Bun.spawn([this.#program, ...argv], options);
    } catch (thrown) {
      throw runtimeUnavailable(`${this.#program} cannot be started`, thrown);
    }
  }
}

/** What podman said when it failed: its last line without `Error: `. */
export function errorText(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line !== "");
  const last = lines.findLast((line) => line.startsWith("Error: ")) ?? lines.at(-1) ?? "it gave no reason";
  return last.replace(/^Error: /, "");
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

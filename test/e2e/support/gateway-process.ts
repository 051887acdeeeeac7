import { CollectedOutput } from "./collected-output.ts";
import { programPath } from "./program-path.ts";
import { waitUntil } from "./wait-until.ts";

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 6000;

/** A running `mcplocal serve` in a process of its own, on a free port. */
export class GatewayProcess implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #output: CollectedOutput;

  /** Without a URL of mcpd it has none: in multi-user mode with keys of its own. */
  constructor(mcpdUrl: string | undefined, env: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
    const command = [programPath("mcplocal"), "serve", "--port", "0", ...(mcpdUrl === undefined ? [] : ["--mcpd-url", mcpdUrl]), ...args];
    this.#child = Bun.spawn(command, { env: { ...process.env, ...env }, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    this.#output = new CollectedOutput(this.#child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /** Waits until it says that it is ready; its base URL. */
  ready(): Promise<string> {
    return waitUntil(
      "mcplocal serve is ready",
      () => {
        const url = /^mcplocal is ready at (http:\S+): /m.exec(this.stdout)?.[1];
        if (url === undefined && this.#child.exitCode !== null) throw new Error(`mcplocal ended before it was ready: ${this.stderr}`);
        return url;
      },
      START_LIMIT_MS,
    );
  }

  /** Waits for its end and all of its output. */
  async ended(limitMs = STOP_LIMIT_MS): Promise<number> {
    const exitCode = await waitUntil("mcplocal has ended", () => this.#child.exitCode ?? undefined, limitMs);
    await this.#output.whole;
    return exitCode;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  stop(): Promise<number> {
    this.signal("SIGTERM");
    return this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

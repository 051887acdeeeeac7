import { CollectedOutput } from "./collected-output.ts";
import { waitUntil } from "./wait-until.ts";

/** One of the checkout's programs while it runs, and what it has said so far. */
export class SpawnedProgram {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #output: CollectedOutput;
  readonly #name: string;

  constructor(command: readonly string[], options: { readonly cwd: string; readonly env?: Readonly<Record<string, string | undefined>> }) {
    this.#name = command.slice(0, 3).join(" ");
    const env = { ...process.env, ...options.env };
    this.#child = Bun.spawn([...command], { cwd: options.cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
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

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until it has said this on either stream; throws where it ends before. */
  async said(pattern: RegExp, limitMs = 30_000): Promise<RegExpExecArray> {
    return await waitUntil(
      `${this.#name} says ${pattern}`,
      () => {
        const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
        if (found === null && this.hasEnded) throw new Error(`${this.#name} ended before it said ${pattern}: ${this.stdout}${this.stderr}`);
        return found ?? undefined;
      },
      limitMs,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, once all that it said is read; throws where it does not end in time. */
  async ended(limitMs = 30_000): Promise<number | null> {
    await waitUntil(`${this.#name} ends`, () => this.hasEnded, limitMs);
    await this.#output.whole;
    return this.#child.exitCode;
  }

  /** For after a test: ends it whatever it does. */
  async discard(): Promise<void> {
    if (!this.hasEnded) this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CollectedOutput } from "./collected-output.ts";
import { isAlive } from "./process-table.ts";
import { programPath } from "./program-path.ts";
import { waitUntil } from "./wait-until.ts";

export const ROOT = join(import.meta.dirname, "../../..");

/** What the ready file says. */
export interface Ready {
  readonly api: string;
  readonly gateway: string;
  readonly project: string;
  readonly url: string;
  readonly token: string;
  readonly admin: { readonly username: string; readonly password: string } | null;
  readonly pid: number;
}

export interface UpOptions {
  /** Undefined for the program's own choice. */
  readonly dataDir: string | undefined;
  readonly args?: readonly string[];
  /** Written by the process; each start with one replaces the demo's token. */
  readonly readyFile?: string;
  readonly cwd?: string;
  /** What is run, up to the flags. */
  readonly program?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** From a signal to the end of the process. */
const STOP_LIMIT_MS = 5000;
const START_LIMIT_MS = 30_000;

/** A running `mcpctl up` in a process of its own, leading a process group. */
export class UpProcess {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #readyFile: string | undefined;
  readonly #output: CollectedOutput;

  constructor({ dataDir, args = [], readyFile, cwd = ROOT, program = [programPath("mcpctl"), "up"], env = {} }: UpOptions) {
    const ready = readyFile === undefined ? [] : ["--ready-file", readyFile];
    const ports = args.includes("--api-port") ? [] : ["--api-port", "0", "--gateway-port", "0"];
    const data = dataDir === undefined ? [] : ["--data-dir", dataDir];
    const command = [...program, ...ports, ...data, ...ready, ...args];
    this.#child = Bun.spawn(command, {
      cwd,
      env: { ...process.env, MCPCTL_UP_AGENT: "off", ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
    this.#readyFile = readyFile;
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

  signal(signal: NodeJS.Signals, target: "process" | "group" = "process"): void {
    process.kill(target === "group" ? -this.pid : this.pid, signal);
  }

  /** Waits until it says on standard error that it is ready. */
  async started(limitMs = START_LIMIT_MS): Promise<void> {
    await waitUntil("mcpctl up is ready", () => this.#orThrow(this.stderr.includes("… ready after")), limitMs);
  }

  /** Waits for the ready file and nothing else: it promises that everything answers. */
  async ready(limitMs = START_LIMIT_MS): Promise<Ready> {
    const file = this.#readyFile;
    if (file === undefined) throw new Error("started without a ready file");
    const read = (): Ready | undefined => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined);
    // The file of an earlier start is there until this one removes it.
    await waitUntil("the ready file is there", () => this.#orThrow(isAlive(read()?.pid ?? 0)), limitMs);
    return JSON.parse(readFileSync(file, "utf8"));
  }

  /** Waits for its end and for all of its output; throws where it does not end in time. */
  async ended(limitMs = STOP_LIMIT_MS): Promise<{ readonly exitCode: number | null; readonly signal: Bun.Subprocess["signalCode"] }> {
    const { exitCode, signalCode } = await waitUntil("mcpctl up has ended", () => this.#exit(), limitMs);
    await this.#output.whole;
    return { exitCode, signal: signalCode };
  }

  async stop(): Promise<number | null> {
    if (this.#exit() === undefined) this.signal("SIGTERM");
    return (await this.ended()).exitCode;
  }

  /** For after a test: ends it whatever it does. */
  async discard(): Promise<void> {
    if (this.#exit() === undefined) this.signal("SIGKILL", "group");
    await this.#child.exited;
  }

  #exit() {
    const { exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null ? undefined : { exitCode, signalCode };
  }

  #orThrow(done: boolean): boolean {
    if (!done && this.#exit() !== undefined) throw new Error(`mcpctl up ended before it was ready: ${this.stderr}`);
    return done;
  }
}

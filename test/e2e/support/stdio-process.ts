import { CollectedOutput } from "./collected-output.ts";
import { programPath } from "./program-path.ts";
import { waitUntil } from "./wait-until.ts";

const END_LIMIT_MS = 10_000;

// biome-ignore lint/suspicious/noExplicitAny: a message is looked at by what a test expects of it.
type Message = any;

/** A running `mcplocal stdio`, with the test as the client that has started it. */
export class StdioProcess implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #output: CollectedOutput;

  constructor(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    const own = { MCPCTL_TOKEN: undefined, MCPLOCAL_URL: undefined };
    const command = [programPath("mcplocal"), "stdio", ...args];
    this.#child = Bun.spawn(command, { env: { ...process.env, ...own, ...env }, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
    this.#output = new CollectedOutput(this.#child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /** Whole lines of standard output. */
  get lines(): readonly string[] {
    return this.#output.stdout.split("\n").slice(0, -1);
  }

  get messages(): readonly Message[] {
    return this.lines.map((line) => JSON.parse(line));
  }

  say(...messages: readonly (object | string)[]): void {
    for (const message of messages) this.#child.stdin.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
    void this.#child.stdin.flush();
  }

  /** Opens a session as a legacy client. */
  async initialize(capabilities: object = {}): Promise<Message> {
    const params = { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "e2e", version: "1" } };
    this.say({ jsonrpc: "2.0", id: "init", method: "initialize", params });
    const answer = await this.answerTo("init");
    this.say({ jsonrpc: "2.0", method: "notifications/initialized" });
    return answer;
  }

  ask(id: number | string, method: string, params: object = {}): Promise<Message> {
    this.say({ jsonrpc: "2.0", id, method, params });
    return this.answerTo(id);
  }

  answerTo(id: number | string): Promise<Message> {
    const what = `mcplocal stdio has answered ${JSON.stringify(id)}`;
    return waitUntil(what, () => this.messages.find((message) => message.id === id && message.method === undefined));
  }

  async heard(method: string): Promise<Message> {
    return waitUntil(`mcplocal stdio has said ${method}`, () => this.messages.find((message) => message.method === method));
  }

  hangUp(): void {
    void this.#child.stdin.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end and all of its output. */
  async ended(): Promise<number> {
    const exitCode = await waitUntil("mcplocal stdio has ended", () => this.#child.exitCode ?? undefined, END_LIMIT_MS);
    await this.#output.whole;
    return exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

import { McpCaller } from "./mcp-caller.ts";

/** Calls a tool so many times a second, whether the answers come or not, in turn from several sessions. */
export class SteadyCalls {
  readonly #callers: readonly McpCaller[];
  readonly #tool: string;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #inFlight = new Set<Promise<void>>();
  /** What the tool has answered, and how often. */
  readonly answers = new Map<string, number>();
  /** What was said of each call that failed. */
  readonly failures: string[] = [];
  #sent = 0;

  private constructor(callers: readonly McpCaller[], tool: string, perSecond: number) {
    this.#callers = callers;
    this.#tool = tool;
    this.#timer = setInterval(() => this.#send(), 1000 / perSecond);
  }

  static async start(options: {
    readonly url: string;
    readonly token: string;
    readonly sessions: number;
    readonly tool: string;
    readonly perSecond: number;
  }): Promise<SteadyCalls> {
    const callers = await Promise.all(Array.from({ length: options.sessions }, () => McpCaller.open(options.url, options.token)));
    return new SteadyCalls(callers, options.tool, options.perSecond);
  }

  get answered(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Forgets what was answered so far. */
  restart(): void {
    this.answers.clear();
    this.failures.length = 0;
  }

  /** Sends no more; resolves when every call has been answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#inFlight);
  }

  #send(): void {
    const caller = this.#callers[this.#sent++ % this.#callers.length];
    if (caller === undefined) return;
    const call = this.#call(caller).finally(() => this.#inFlight.delete(call));
    this.#inFlight.add(call);
  }

  async #call(caller: McpCaller): Promise<void> {
    try {
      const { status, text, json } = await caller.call(this.#tool);
      const answer: unknown = json?.result?.content?.[0]?.text;
      const isGood = typeof answer === "string" && json.result.isError !== true;
      if (isGood) this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
      else this.failures.push(`${status} ${text}`);
    } catch (thrown) {
      this.failures.push(String(thrown));
    }
  }
}

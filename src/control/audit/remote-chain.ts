import type { AuditBatch } from "./audit-batch.ts";
import type { Link } from "./audit-chain.ts";
import type { FromChainThread, ToChainThread } from "./chain-messages.ts";
import type { AppendBatch } from "./request-chain.ts";

/** A thread that runs `serveChain`. */
export interface ChainThread {
  post(message: ToChainThread): void;
  /** Ends it, whatever it is at. */
  end(): void;
}

export interface ChainThreadEvents {
  readonly onMessage: (message: FromChainThread) => void;
  /** It has ended, and nothing comes any more. */
  readonly onEnd: (reason: string) => void;
}

export type StartChainThread = (events: ChainThreadEvents) => ChainThread;

interface Waiting {
  readonly resolve: (message: FromChainThread) => void;
  readonly reject: (error: Error) => void;
}

/** A chain that a thread of its own keeps. The thread is started by the first batch, and again by the next one where it has ended. */
export class RemoteChain {
  readonly #start: StartChainThread;
  readonly #closeMs: number;
  #thread: ChainThread | undefined;
  #waiting: Waiting | undefined;

  constructor(start: StartChainThread, closeMs = 5000) {
    this.#start = start;
    this.#closeMs = closeMs;
  }

  readonly append: AppendBatch = async (after: Link, { texts, dropped }: AuditBatch): Promise<Link> => {
    // JSON holds no line end but as an escape.
    const lines = texts.length === 0 ? undefined : texts.join("\n");
    const answer = await this.#ask({ kind: "append", after, lines, dropped });
    if (answer.kind === "appended") return answer.tail;
    throw new Error(answer.kind === "failed" ? answer.reason : "the audit thread was closed");
  };

  /** Resolves when the thread has let go of the database, or did not do so in time and was ended. Never rejects. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    const timer = setTimeout(() => thread.end(), this.#closeMs);
    if (this.#waiting !== undefined) thread.end();
    else await this.#ask({ kind: "close" }).catch(() => undefined);
    clearTimeout(timer);
    thread.end();
  }

  #ask(message: ToChainThread): Promise<FromChainThread> {
    this.#thread ??= this.#start({ onMessage: (answer) => this.#answered(answer), onEnd: (reason) => this.#ended(reason) });
    this.#thread.post(message);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #answered(message: FromChainThread): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(message);
  }

  #ended(reason: string): void {
    this.#thread = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(new Error(`the audit thread has ended: ${reason}`));
  }
}

import type { AuditBatch } from "./audit-batch.ts";
import type { Link } from "./audit-chain.ts";
import type { AppendBatch } from "./request-chain.ts";

/** What keeps a chain of requests, in this thread or another. */
export interface RequestChainKeeper {
  readonly append: AppendBatch;
  /** Never rejects. */
  close(): Promise<void>;
}

/** The chain of requests as the rest of the process knows it: whose it is, and where it is known to end. */
export class RequestLog {
  readonly writer: string;
  readonly #keeper: RequestChainKeeper;
  readonly #listeners = new Set<(tail: Link) => void>();
  #tail: Link;

  constructor(keeper: RequestChainKeeper, writer: string, tail: Link) {
    this.#keeper = keeper;
    this.writer = writer;
    this.#tail = tail;
  }

  /** The last event that is known to be durable. */
  get tail(): Link {
    return this.#tail;
  }

  /** Calls `listener` with each new end, once it is durable. It must not throw. */
  onWritten(listener: (tail: Link) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Writes one batch; one at a time. A batch that failed is given again before any other. */
  async write(batch: AuditBatch): Promise<void> {
    this.#tail = await this.#keeper.append(this.#tail, batch);
    for (const listener of this.#listeners) listener(this.#tail);
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }
}

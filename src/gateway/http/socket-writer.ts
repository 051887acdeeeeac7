/** What a socket takes: it returns how many bytes it took, less than 0 where it is closed. */
export interface WritableSocket {
  write(data: string | Uint8Array): number;
}

/** Writes to a socket in order, and keeps what it does not take until it takes more. */
export class SocketWriter {
  readonly #socket: WritableSocket;
  #pending: Uint8Array[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(socket: WritableSocket) {
    this.#socket = socket;
  }

  /** Whether the socket has taken all there was, or will take nothing any more. */
  get idle(): boolean {
    return this.#pending.length === 0;
  }

  /** Nothing is taken any more: a socket says so when it is written to, before it says that it is closed. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** `bytes` is the length of `data` in bytes. */
  write(data: string | Uint8Array, bytes: number): void {
    if (this.#closed || bytes === 0) return;
    if (this.#pending.length > 0) {
      this.#pending.push(bytesOf(data));
      return;
    }
    const written = this.#socket.write(data);
    if (written < 0) this.#closed = true;
    else if (written < bytes) this.#pending.push(bytesOf(data).subarray(written));
  }

  /** The same for bytes that are the caller's again after this: what the socket does not take is copied. */
  writeBorrowed(data: Uint8Array): void {
    if (this.#closed) return;
    const written = this.idle ? this.#socket.write(data) : 0;
    if (written < 0) this.#closed = true;
    else if (written < data.byteLength) this.#pending.push(Buffer.from(data.subarray(written)));
  }

  /** The socket takes more. Returns whether it took any. */
  flush(): boolean {
    let progress = false;
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      const written = this.#socket.write(first);
      if (written > 0) progress = true;
      if (written < first.byteLength) {
        if (written > 0) this.#pending[0] = first.subarray(written);
        return progress;
      }
      this.#pending.shift();
    }
    this.#wake?.();
    return progress;
  }

  /** Resolves when all there is now is taken, or when the socket is closed. For one waiter at a time. */
  drained(): Promise<void> {
    if (this.idle) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** Nothing is taken any more. */
  close(): void {
    this.#closed = true;
    this.#pending = [];
    this.#wake?.();
  }
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? Buffer.from(data) : data;
}

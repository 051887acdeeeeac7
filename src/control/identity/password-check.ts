import { randomBytes } from "node:crypto";
import { AppError } from "../../core/app-error.ts";

/** argon2id, in PHC form. Each call takes some 64 MiB for some 100 ms. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

export interface PasswordCheckOptions {
  /** Calls of the hasher at a time: what bounds its memory. */
  readonly maxRunning?: number;
  /** Calls that wait for their turn. */
  readonly maxWaiting?: number;
}

/** Passwords against their hashes, a few at a time. */
export class PasswordCheck {
  readonly #hasher: PasswordHasher;
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #decoy: Promise<string> | undefined;

  constructor(hasher: PasswordHasher, { maxRunning = 4, maxWaiting = 64 }: PasswordCheckOptions = {}) {
    this.#hasher = hasher;
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Whether the password is the hash's. Without a hash it is not, and that takes as long to say: who listens to the
   * clock learns nothing of which users there are. Throws `exhausted`/`PASSWORD_CHECKS_BUSY`.
   */
  async matches(password: string, hash: string | undefined): Promise<boolean> {
    return await this.#inTurn(async () => {
      // Asked for by known users too: it is made once, and whoever waits for that must not stand out.
      const decoy = await this.#decoyHash();
      const matches = await this.#hasher.verify(password, hash ?? decoy);
      return hash !== undefined && matches;
    });
  }

  /** Throws `exhausted`/`PASSWORD_CHECKS_BUSY`. */
  async hash(password: string): Promise<string> {
    return await this.#inTurn(() => this.#hasher.hash(password));
  }

  /** The hash of a password that nobody knows. */
  async #decoyHash(): Promise<string> {
    this.#decoy ??= this.#hasher.hash(randomBytes(32).toString("base64"));
    try {
      return await this.#decoy;
    } catch (thrown) {
      this.#decoy = undefined;
      throw thrown;
    }
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#maxRunning) await this.#turn();
    else this.#running += 1;
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      // A place is handed on, so that nobody who comes in between takes it.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new AppError("exhausted", "PASSWORD_CHECKS_BUSY", "Too many people log in at this moment", {
        hint: "try again",
        retryAfterSeconds: 2,
      });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

import type { Clock } from "../../core/clock.ts";

/** How failures of one account or address slow the next attempt down. */
export interface ThrottlePolicy {
  /** Failures that cost no time yet. */
  readonly free: number;
  /** The wait after the last free failure; it doubles with each that follows. */
  readonly firstLockMs: number;
  readonly maxLockMs: number;
  /** Quiet time after which failures are forgotten; longer than the longest lock. */
  readonly forgetMs: number;
}

const LOCKS = { firstLockMs: 1000, maxLockMs: 15 * 60_000, forgetMs: 60 * 60_000 };
export const ACCOUNT_POLICY: ThrottlePolicy = { ...LOCKS, free: 5 };
/** Many people may share an address. */
export const ADDRESS_POLICY: ThrottlePolicy = { ...LOCKS, free: 20 };

/** Attempts in a row without a success. */
export interface Attempts {
  readonly count: number;
  readonly lastMs: number;
}

/** How long the next attempt has to wait, in ms; 0: not at all. */
export function lockedForMs(attempts: Attempts | undefined, nowMs: number, policy: ThrottlePolicy): number {
  if (attempts === undefined || attempts.count < policy.free) return 0;
  const lockMs = Math.min(policy.maxLockMs, policy.firstLockMs * 2 ** (attempts.count - policy.free));
  return Math.max(0, attempts.lastMs + lockMs - nowMs);
}

export function addAttempt(attempts: Attempts | undefined, nowMs: number, policy: ThrottlePolicy): Attempts {
  const forgotten = attempts === undefined || nowMs - attempts.lastMs >= policy.forgetMs;
  return { count: (forgotten ? 0 : attempts.count) + 1, lastMs: nowMs };
}

/** Attempts by key, bounded: of too many the one that waits for nothing and is oldest is forgotten, else the oldest. */
class AttemptTable {
  readonly #policy: ThrottlePolicy;
  readonly #maxKeys: number;
  /** In the order of their last attempt. */
  readonly #known = new Map<string, Attempts>();

  constructor(policy: ThrottlePolicy, maxKeys: number) {
    this.#policy = policy;
    this.#maxKeys = maxKeys;
  }

  lockedForMs(key: string, nowMs: number): number {
    return lockedForMs(this.#known.get(key), nowMs, this.#policy);
  }

  add(key: string, nowMs: number): void {
    const counted = addAttempt(this.#known.get(key), nowMs, this.#policy);
    this.#known.delete(key);
    this.#known.set(key, counted);
    if (this.#known.size > this.#maxKeys) this.#forgetOne(nowMs);
  }

  takeBack(key: string): void {
    const attempts = this.#known.get(key);
    if (attempts === undefined) return;
    if (attempts.count <= 1) this.#known.delete(key);
    else this.#known.set(key, { ...attempts, count: attempts.count - 1 });
  }

  forget(key: string): void {
    this.#known.delete(key);
  }

  /** A flood of made-up names must not lift the lock of a real one. */
  #forgetOne(nowMs: number): void {
    const [oldest] = this.#known.keys();
    for (const [key, attempts] of this.#known) {
      if (lockedForMs(attempts, nowMs, this.#policy) > 0) continue;
      this.#known.delete(key);
      return;
    }
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

export type Admission =
  | {
      readonly admitted: true;
      /** The password was right: the account's failures are forgotten; the address keeps those that it had. */
      succeeded(): void;
      /** Nobody could tell: it counts for nothing. */
      withdraw(): void;
    }
  | { readonly admitted: false; readonly retryAfterSeconds: number };

export interface LoginThrottleOptions {
  readonly account?: ThrottlePolicy;
  readonly address?: ThrottlePolicy;
  readonly maxKeys?: number;
}

/**
 * Slows guessing of passwords down, per account and per address, in this process's memory.
 *
 * An attempt counts as failed from when it is admitted until it succeeds: many at one moment count each.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #accounts: AttemptTable;
  readonly #addresses: AttemptTable;

  constructor(clock: Clock, { account = ACCOUNT_POLICY, address = ADDRESS_POLICY, maxKeys = 10_000 }: LoginThrottleOptions = {}) {
    this.#clock = clock;
    this.#accounts = new AttemptTable(account, maxKeys);
    this.#addresses = new AttemptTable(address, maxKeys);
  }

  admit(account: string, address: string): Admission {
    const nowMs = this.#clock.now().getTime();
    const waitMs = Math.max(this.#accounts.lockedForMs(account, nowMs), this.#addresses.lockedForMs(address, nowMs));
    if (waitMs > 0) return { admitted: false, retryAfterSeconds: Math.ceil(waitMs / 1000) };
    this.#accounts.add(account, nowMs);
    this.#addresses.add(address, nowMs);
    return {
      admitted: true,
      succeeded: () => {
        this.#accounts.forget(account);
        this.#addresses.takeBack(address);
      },
      withdraw: () => {
        this.#accounts.takeBack(account);
        this.#addresses.takeBack(address);
      },
    };
  }
}

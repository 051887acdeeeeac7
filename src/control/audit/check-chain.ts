import { followsFrom, GENESIS, type Link } from "./audit-chain.ts";
import type { AuditMoment } from "./audit-moment.ts";
import type { AuditRow } from "./audit-row.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** The last event that retention took away, as the database says. */
export interface Anchor extends Link {
  /** ISO 8601. */
  readonly at: string;
}

/** What is checked against. */
export interface ChainWitness {
  readonly writer: string;
  readonly anchor: Anchor | undefined;
  /** Ends that were signed before the rows are read. */
  readonly ends: readonly Checkpoint[];
  /** This mcpd signs for the chain: it must have an end, and its cuts must be signed. */
  readonly own: boolean;
}

export interface ChainVerdict {
  readonly writer: string;
  /** First and last sequence that is kept; 0 where none is. */
  readonly first: number;
  readonly last: number;
  readonly events: number;
  readonly ok: boolean;
  readonly findings: readonly string[];
}

const MAX_FINDINGS = 100;

/** Checks one chain, row by row in the order of their sequences, in bounded memory. Does no I/O. */
export class ChainCheck {
  readonly #witness: ChainWitness;
  readonly #findings: string[] = [];
  #unsaid = 0;
  #first: number | undefined;
  #events = 0;
  /** The place before the next row; no hash where rows are missing. */
  #at: { readonly sequence: number; readonly hash: string | undefined };
  /** Signed ends that were not come to yet, by sequence. */
  readonly #ends: Map<number, Set<string>>;

  constructor(witness: ChainWitness) {
    this.#witness = witness;
    this.#at = witness.anchor ?? GENESIS;
    this.#ends = new Map();
    for (const { sequence, hash } of witness.ends) {
      const known = this.#ends.get(sequence) ?? new Set();
      this.#ends.set(sequence, known.add(hash));
    }
    if (witness.own && witness.ends.length === 0) this.#find("no signed checkpoint is there: the checkpoint file was removed or forged");
    this.#meetEnd(this.#at.sequence, this.#at.hash);
  }

  /** Returns whether the row is known to be what its hash was made over. */
  add(row: AuditRow): boolean {
    const expected = this.#at.sequence + 1;
    const previous = row.sequence === expected ? this.#at.hash : undefined;
    const follows = previous !== undefined && followsFrom(previous, row);
    this.#first ??= row.sequence;
    this.#events += 1;
    if (row.sequence !== expected) this.#findGap(expected, row.sequence);
    else if (previous !== undefined && !follows) this.#find(`event ${row.sequence} was changed, or the one before it`);
    this.#meetEnd(row.sequence, row.hash);
    this.#at = row;
    return follows;
  }

  /** Events are there, and a list by what they hold does not show them. */
  addUnlisted({ field, value, moment }: AuditMoment): void {
    this.#find(`events of ${moment} are not listed by their ${field.replace("_", " ")} "${value}"`);
  }

  /** `cuts`: what was signed as taken away, read after the rows. */
  finish(cuts: readonly Checkpoint[]): ChainVerdict {
    const { writer, anchor, own } = this.#witness;
    if (own && anchor !== undefined && !cuts.some((cut) => isSame(cut, anchor))) {
      this.#find(`the beginning is cut off: retention did not take away the events up to ${anchor.sequence}`);
    }
    const beyond = Math.max(0, ...[...this.#ends.keys()].filter((sequence) => sequence > this.#at.sequence));
    if (beyond > 0) this.#find(`the end is cut off: there was an event ${beyond}, and the last one is ${this.#at.sequence}`);
    if (this.#unsaid > 0) this.#findings.push(`and ${this.#unsaid} more`);
    const findings = this.#findings;
    const last = this.#events === 0 ? 0 : this.#at.sequence;
    return { writer, first: this.#first ?? 0, last, events: this.#events, ok: findings.length === 0, findings };
  }

  #findGap(expected: number, found: number): void {
    if (found < expected) {
      this.#find(`event ${found} stands before the beginning of the chain, which is ${expected}`);
      return;
    }
    const missing = found - 1 === expected ? `event ${expected} is` : `events ${expected} to ${found - 1} are`;
    this.#find(this.#events === 1 ? `the beginning is cut off: ${missing} missing` : `${missing} missing`);
  }

  #meetEnd(sequence: number, hash: string | undefined): void {
    const signed = this.#ends.get(sequence);
    if (signed === undefined) return;
    for (const each of signed) if (each !== hash) this.#find(`event ${sequence} is not the one that was signed`);
    this.#ends.delete(sequence);
  }

  #find(finding: string): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding);
    else this.#unsaid += 1;
  }
}

function isSame(cut: Checkpoint, anchor: Anchor): boolean {
  return cut.sequence === anchor.sequence && cut.hash === anchor.hash && cut.at === anchor.at;
}

import { createHmac } from "node:crypto";
import { timingSafeEqualHex } from "../../core/mcp-token.ts";
import type { Link } from "./audit-chain.ts";

/**
 * What this mcpd vouches for, kept outside of the database. `end`: the chain had come this far. `cut`: everything up
 * to this event was taken away by retention.
 */
export interface Checkpoint extends Link {
  readonly kind: "end" | "cut";
  readonly writer: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What was read back: only what is signed counts. */
export interface CheckpointRecord {
  readonly checkpoints: readonly Checkpoint[];
  /** What is wrong with the record itself, one sentence each. */
  readonly damage: readonly string[];
}

/** Where checkpoints are kept; durable when `add` resolves. */
export interface Checkpoints {
  add(checkpoint: Checkpoint): Promise<void>;
  read(): Promise<CheckpointRecord>;
}

/** One line, with an HMAC-SHA-256 over all of it. */
export function signedLine(key: Uint8Array, { kind, writer, sequence, hash, at }: Checkpoint): string {
  return JSON.stringify({ kind, writer, sequence, hash, at, mac: macOf(key, { kind, writer, sequence, hash, at }) });
}

/** Undefined where the line is not one that was signed with this key. */
export function parseSignedLine(key: Uint8Array, line: string): Checkpoint | undefined {
  const { kind, writer, sequence, hash, at, mac } = fieldsOf(line);
  if (kind !== "end" && kind !== "cut") return undefined;
  if (typeof writer !== "string" || typeof sequence !== "number" || typeof hash !== "string") return undefined;
  if (typeof at !== "string" || typeof mac !== "string") return undefined;
  const checkpoint: Checkpoint = { kind, writer, sequence, hash, at };
  return timingSafeEqualHex(macOf(key, checkpoint), mac) ? checkpoint : undefined;
}

/** What must be kept of each writer: its furthest end, and its last two cuts (the last may not have been carried out). */
export function newestOf(checkpoints: readonly Checkpoint[]): Checkpoint[] {
  const groups = Map.groupBy(checkpoints, ({ kind, writer }) => `${kind} ${writer}`);
  return [...groups.values()].flatMap((group) => {
    const ordered = group.toSorted((a, b) => a.sequence - b.sequence);
    return ordered.slice(ordered[0]?.kind === "cut" ? -2 : -1);
  });
}

/** The furthest end that is known of a writer's chain. */
export function lastEnd(checkpoints: readonly Checkpoint[], writer: string): Checkpoint | undefined {
  return newestOf(checkpoints.filter((each) => each.kind === "end" && each.writer === writer))[0];
}

function macOf(key: Uint8Array, { kind, writer, sequence, hash, at }: Checkpoint): string {
  const text = JSON.stringify(["mcpctl audit checkpoint", 1, kind, writer, sequence, hash, at]);
  return createHmac("sha256", key).update(text).digest("hex");
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

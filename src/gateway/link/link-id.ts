import { randomBytes } from "node:crypto";
import { toBase62 } from "../../core/base62.ts";

const LENGTH = 8;

/** An id for a process, which no other one has: it begins the ids of what the process holds. */
export function newLinkId(): string {
  return toBase62(randomBytes(LENGTH), 11).slice(-LENGTH);
}

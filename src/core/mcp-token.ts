import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { toBase62 } from "./base62.ts";

/** What every McpToken starts with, so that people and secret scanners know one when they see it. */
export const TOKEN_PREFIX = "mcpctl_pat_";

/** 62^43 is the first power of 62 that holds 256 bits. */
const BODY_LENGTH = 43;
const TOKEN = new RegExp(`^${TOKEN_PREFIX}[0-9A-Za-z]{${BODY_LENGTH}}$`);

/** A new raw token: the prefix and 43 base62 characters from 32 random bytes. Shown once, never stored. */
export function generateToken(): string {
  return TOKEN_PREFIX + toBase62(randomBytes(32), BODY_LENGTH);
}

/** SHA-256 of the raw token, 64 lower-case hex digits: what is stored and looked up. */
export function hashToken(raw: string): string {
  return hash("sha256", raw, "hex");
}

/** Whether `raw` has the shape of an McpToken; says nothing about whether it is valid. */
export function isMcpToken(raw: string): boolean {
  return TOKEN.test(raw);
}

/** The part of a token that may be shown in lists: the prefix and four characters. */
export function tokenHead(raw: string): string {
  return raw.slice(0, TOKEN_PREFIX.length + 4);
}

/** Compares two hex strings without telling by time where they differ. Not hex, or not of one length: false. */
export function timingSafeEqualHex(a: string, b: string): boolean {
  const left = Buffer.from(a, "hex");
  const right = Buffer.from(b, "hex");
  if (left.length === 0 || left.length * 2 !== a.length || right.length * 2 !== b.length) return false;
  return left.length === right.length && timingSafeEqual(left, right);
}

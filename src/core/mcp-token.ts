import { hash, timingSafeEqual } from "node:crypto";
import { CREDENTIAL_PREFIX, credentialHead, generateCredential, hasShape } from "./credential.ts";

/** What every McpToken starts with. */
export const TOKEN_PREFIX = CREDENTIAL_PREFIX.token;

/** A new raw token: the prefix and 43 base62 characters from 32 random bytes. Shown once, never stored. */
export function generateToken(): string {
  return generateCredential("token");
}

/** SHA-256 of the raw token, 64 lower-case hex digits: what is stored and looked up. Keys of gateways and sessions are kept so too. */
export function hashToken(raw: string): string {
  return hash("sha256", raw, "hex");
}

/** Whether `raw` has the shape of an McpToken; says nothing about whether it is valid. */
export function isMcpToken(raw: string): boolean {
  return hasShape("token", raw);
}

/** The part of a token that may be shown in lists: the prefix and four characters. */
export function tokenHead(raw: string): string {
  return credentialHead("token", raw);
}

/** Compares two hex strings without telling by time where they differ. Not hex, or not of one length: false. */
export function timingSafeEqualHex(a: string, b: string): boolean {
  const left = Buffer.from(a, "hex");
  const right = Buffer.from(b, "hex");
  if (left.length === 0 || left.length * 2 !== a.length || right.length * 2 !== b.length) return false;
  return left.length === right.length && timingSafeEqual(left, right);
}

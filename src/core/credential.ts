import { randomBytes } from "node:crypto";
import { toBase62 } from "./base62.ts";

/** What each kind of raw credential starts with, so that people and secret scanners know one when they see it. */
export const CREDENTIAL_PREFIX = {
  /** An McpToken. */
  token: "mcpctl_pat_",
  /** A person's log-in. */
  session: "mcpctl_ses_",
  /** The key of an enrolled gateway. */
  gateway: "mcpctl_gw_",
  /** What gateways present to the agent of one node, to reach its components. */
  node: "mcpctl_node_",
  /** The key with which commands on the same machine reach a running instance. */
  operator: "mcpctl_op_",
} as const;

export type CredentialKind = keyof typeof CREDENTIAL_PREFIX;

/** 62^43 is the first power of 62 that holds 256 bits. */
const BODY = /^[0-9A-Za-z]{43}$/;
const HEAD_CHARACTERS = 4;

/** A new raw credential: its prefix and 43 base62 characters from 32 random bytes. Shown once, never stored. */
export function generateCredential(kind: CredentialKind): string {
  return CREDENTIAL_PREFIX[kind] + toBase62(randomBytes(32), 43);
}

/** Whether `raw` claims to be of this kind, by its prefix alone. */
export function claimsKind(kind: CredentialKind, raw: string): boolean {
  return raw.startsWith(CREDENTIAL_PREFIX[kind]);
}

/** Whether `raw` has the shape of this kind; says nothing about whether it is valid. */
export function hasShape(kind: CredentialKind, raw: string): boolean {
  return claimsKind(kind, raw) && BODY.test(raw.slice(CREDENTIAL_PREFIX[kind].length));
}

/** The part of a credential that may be shown in lists: the prefix and four characters. */
export function credentialHead(kind: CredentialKind, raw: string): string {
  return raw.slice(0, CREDENTIAL_PREFIX[kind].length + HEAD_CHARACTERS);
}

import type { RoleBinding } from "../../core/permission.ts";
import type { UserRef } from "../access/bindings-source.ts";

export interface McpToken {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly ownerId: string;
  readonly description: string;
  /** What lists may show. */
  readonly head: string;
  readonly sha256: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  /** At most a minute late. */
  readonly lastUsedAt: Date | undefined;
}

/** A token as people see it. */
export interface TokenListing {
  readonly token: McpToken;
  /** Name of the one project that it opens. */
  readonly project: string;
  /** User name. */
  readonly owner: string;
  /** Of its automatic definition. */
  readonly roleBindings: readonly RoleBinding[];
}

/** A token with all that decides whether it opens anything. */
export interface TokenWithOwner {
  readonly token: McpToken;
  readonly project: string;
  readonly owner: UserRef & { readonly disabled: boolean };
}

export type TokenStatus = "active" | "expired" | "revoked";

export function statusOf(token: McpToken, now: Date): TokenStatus {
  if (token.revokedAt !== undefined) return "revoked";
  return token.expiresAt !== undefined && token.expiresAt <= now ? "expired" : "active";
}

/** The name by which rights are asked. */
export function accessNameOf(project: string, name: string): string {
  return `${project}/${name}`;
}

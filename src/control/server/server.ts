import { type Backing, backingSchema, type ServerPolicy, serverPolicySchema } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";

export interface Server {
  readonly id: string;
  readonly handle: string;
  readonly description: string;
  readonly backing: Backing;
  readonly enabled: boolean;
  /** Calls a minute that one identity may make; null: the installation's limit, 0: none. */
  readonly rateLimit: number | null;
  /** Tools that it declares to write are offered, whatever the installation says of all servers. */
  readonly writeTools: boolean;
  readonly policy: ServerPolicy;
  /** Counts changes from 1. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A server with what lists show of it. */
export interface ServerDetails extends Server {
  /** Names of the projects it is in. */
  readonly projects: readonly string[];
}

/** In bytes of JSON: every gateway reads all backings whenever one changes. */
const MAX_BACKING_BYTES = 65_536;

/** Throws `invalid`/`SERVER_BACKING_INVALID`, naming the field or the limit. */
export function parseBacking(raw: unknown): Backing {
  const parsed = backingSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = ["backing", ...(issue?.path.map(String) ?? [])].join(".");
    throw backingInvalid(`${field}: ${issue?.message ?? "is invalid"}`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data));
  if (bytes > MAX_BACKING_BYTES) throw backingInvalid(`backing: has ${bytes} bytes, of at most ${MAX_BACKING_BYTES}`);
  return parsed.data;
}

function backingInvalid(message: string): AppError {
  return new AppError("invalid", "SERVER_BACKING_INVALID", message);
}

/** In bytes of JSON. */
const MAX_POLICY_BYTES = 32_768;

/** Throws `invalid`/`SERVER_POLICY_INVALID`, naming the field or the limit. */
export function parsePolicy(raw: unknown): ServerPolicy {
  const parsed = serverPolicySchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = ["policy", ...(issue?.path.map(String) ?? [])].join(".");
    throw policyInvalid(`${field}: ${issue?.message ?? "is invalid"}`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data));
  if (bytes > MAX_POLICY_BYTES) throw policyInvalid(`policy: has ${bytes} bytes, of at most ${MAX_POLICY_BYTES}`);
  return parsed.data;
}

function policyInvalid(message: string): AppError {
  return new AppError("invalid", "SERVER_POLICY_INVALID", message);
}

/** Names of the secrets that a backing takes values from. */
export function secretsOf(backing: Backing): string[] {
  const named = backing.kind === "stdio" ? backing.secretEnv : backing.kind === "url" ? backing.secretHeaders : undefined;
  return [...new Set(Object.values(named ?? {}))].sort();
}

export function serverUnknown(reference: string): AppError {
  return new AppError("not_found", "SERVER_UNKNOWN", `There is no server ${reference.slice(0, 80)}`);
}

import { nameSchema } from "../../api/fields.ts";
import { AppError } from "../../core/app-error.ts";

/** A secret without its value. */
export interface Secret {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Counts changes from 1. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A secret with what lists show of it. */
export interface SecretDetails extends Secret {
  /** Handles of the servers that name it. */
  readonly usedBy: readonly string[];
}

/** A secret's value as it is kept. */
export interface SealedSecret {
  readonly id: string;
  readonly name: string;
  /** Of a `SecretBox`, with the secret's id as its owner. */
  readonly ciphertext: string;
}

/** Returns the name. Throws `invalid`/`SECRET_NAME_INVALID`. */
export function parseSecretName(raw: string): string {
  const parsed = nameSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new AppError("invalid", "SECRET_NAME_INVALID", "A secret's name is 2-63 of a-z, 0-9 and '-', starting with a letter");
}

/** Throws `invalid`/`SECRET_VALUE_INVALID`: no variable and no header could hold it. It never says what was given. */
export function requireSecretValue(value: string): void {
  if (value.includes("\0")) throw new AppError("invalid", "SECRET_VALUE_INVALID", "value: must not hold NUL");
}

export function secretUnknown(reference: string): AppError {
  return new AppError("not_found", "SECRET_UNKNOWN", `There is no secret ${reference.slice(0, 80)}`);
}

import { z } from "zod";

/** Schemas of fields that several resources share. Every refusal names the field, what is allowed and its limit. */

/** Names of projects, groups, secrets, prompts, gateways, role-binding definitions and tokens. */
export const nameSchema = z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, "must be 2-63 of a-z, 0-9 and '-', starting with a letter");

export const handleSchema = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "must be 1-32 of a-z, 0-9 and '-', starting with a letter");

/** No `@`, so that a user name is never somebody's email. */
export const usernameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "must be 1-63 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit");

export const emailSchema = z.email("must be an email address").max(190, "must have at most 190 characters").toLowerCase();

/** One line for people: no control characters and no marks that turn the direction of text. */
export const descriptionSchema = z
  .string()
  .max(500, "must have at most 500 characters")
  .regex(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069]*$/u, "must be one line without control characters");

export const instantSchema = z.iso.datetime();

/** What a resource that may change has. */
export const versioned = {
  /** Counts changes from 1; the ETag. */
  version: z.number().int(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
};

export const LIST_LIMIT = { default: 100, max: 500 } as const;

/** What every list takes: page by cursor, sort by one field. */
export const listQuery = {
  /** How many at most. */
  limit: z.coerce.number().int().min(1).max(LIST_LIMIT.max).default(LIST_LIMIT.default),
  /** Where the page before ended, as its `nextCursor` says. */
  cursor: z.string().max(500).optional(),
};

/** A page of a list; `nextCursor` is null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export const noQuery = z.strictObject({});
export const noBody = z.undefined();
export const noReply = z.undefined();

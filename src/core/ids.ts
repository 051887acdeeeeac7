import { randomBytes } from "node:crypto";
import { toBase62 } from "./base62.ts";

/** Makes ids of resources: `<prefix>_` and 22 base62 characters from 128 random bits. */
export interface Ids {
  next(prefix: string): string;
}

export const randomIds: Ids = { next: (prefix) => `${prefix}_${toBase62(randomBytes(16), 22)}` };

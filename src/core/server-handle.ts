import { AppError } from "./app-error.ts";

/**
 * No underscore: `server__tool` must split in one way only. At most 32 characters: a client's
 * limit of 64 for `server__tool` must leave room for the tool.
 */
const HANDLE = /^[a-z][a-z0-9-]{0,31}$/;

/** Returns the handle. Throws `invalid`/`SERVER_HANDLE_INVALID`. */
export function parseServerHandle(raw: string): string {
  if (!HANDLE.test(raw)) {
    throw new AppError("invalid", "SERVER_HANDLE_INVALID", "A server handle is 1-32 of a-z, 0-9 and '-', starting with a letter");
  }
  return raw;
}

/** Errors that no server of an earlier revision gives (2026-07-28, "Error codes"). */
export const HEADER_MISMATCH = -32020;
export const MISSING_CLIENT_CAPABILITY = -32021;
export const UNSUPPORTED_VERSION = -32022;

/** Whether a code is one that only servers of the modern era know. */
export function isModernError(code: unknown): boolean {
  return code === HEADER_MISMATCH || code === MISSING_CLIENT_CAPABILITY || code === UNSUPPORTED_VERSION;
}

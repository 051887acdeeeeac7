const CODES: ReadonlySet<unknown> = new Set(["SQLITE_CONSTRAINT_FOREIGNKEY", "23503", "ER_ROW_IS_REFERENCED_2", "ER_NO_REFERENCED_ROW_2"]);

/**
 * Whether a database refused a change because a row would refer to none: the row that it names is gone, or others
 * still refer to the one that was to go. Told by the engines' codes, never by text.
 */
export function isForeignKeyViolation(thrown: unknown): boolean {
  return CODES.has((thrown as { code?: unknown } | null)?.code);
}

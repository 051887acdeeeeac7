const CODES: ReadonlySet<unknown> = new Set(["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505", "ER_DUP_ENTRY"]);

/** Whether a database refused a row because a unique value is taken; told by the engines' codes, never by text. */
export function isUniqueViolation(thrown: unknown): boolean {
  return CODES.has((thrown as { code?: unknown } | null)?.code);
}

/** Whether a database refused a row because a unique value is taken; told by the engines' codes, never by text. */
export function isUniqueViolation(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY";
}

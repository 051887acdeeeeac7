/** Whether two JSON values are the same: without regard to the order of keys, and an absent field is an empty one. */
export function sameValue(left: unknown, right: unknown, unordered = false): boolean {
  return canonical(left, unordered) === canonical(right, unordered);
}

function canonical(value: unknown, unordered: boolean): string {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, false));
    return `[${(unordered ? items.sort() : items).join(",")}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  const fields = Object.entries(value)
    .filter(([, field]) => !isEmpty(field))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field, false)}`).join(",")}}`;
}

/** mcpd leaves out what has nothing in it. */
function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

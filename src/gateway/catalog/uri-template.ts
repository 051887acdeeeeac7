/**
 * Whether a URI may come from a template (RFC 6570): its literal parts stand in it in their order, from
 * its beginning to its end. What stands for the expressions is not looked at.
 *
 * Linear in the length of the URI: templates come from servers, so nothing here may backtrack.
 */
export function mayMatchTemplate(template: string, uri: string): boolean {
  const literals = template.split(/\{[^{}]*\}/);
  const first = literals[0] ?? "";
  const last = literals.at(-1) ?? "";
  if (literals.length === 1) return uri === template;
  if (!uri.startsWith(first) || !uri.endsWith(last) || uri.length < first.length + last.length) return false;
  let at = first.length;
  for (const literal of literals.slice(1, -1)) {
    const found = uri.indexOf(literal, at);
    if (found === -1) return false;
    at = found + literal.length;
  }
  return at <= uri.length - last.length;
}

/** What a caller may ask of an agent; each holds what the ones before it hold. */
export const ROLES = ["view", "operate", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** mcpd has no role of the name operate: who may edit every resource may operate these too. */
const ALSO: Readonly<Record<string, Role>> = { edit: "operate" };

/** The highest of a caller's roles that an agent knows; undefined: none of them. */
export function highestRole(roles: readonly string[]): Role | undefined {
  const known = roles.map((name) => ROLES.indexOf((Object.hasOwn(ALSO, name) ? ALSO[name] : name) as Role));
  return ROLES[Math.max(-1, ...known)];
}

export function covers(has: Role | undefined, needs: Role): boolean {
  return has !== undefined && ROLES.indexOf(has) >= ROLES.indexOf(needs);
}

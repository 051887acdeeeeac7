export interface ToolNames {
  /** The name that clients see, by the server's own; tools that keep theirs are in it too. */
  readonly shown: ReadonlyMap<string, string>;
  /** Own names of tools that were to get another name and keep theirs, because that is another tool's. */
  readonly kept: readonly string[];
}

/**
 * The names of a server's tools, of which some are renamed. Two tools never get one name: a name that its server gives
 * to a tool stays that tool's, and of two that are to get the same one the first in the list does.
 */
export function planToolNames(owns: readonly string[], renames: ReadonlyMap<string, string>): ToolNames {
  const accepted = new Map(owns.flatMap((own) => (renames.has(own) ? [[own, renames.get(own) as string]] : [])));
  // A tool that keeps its own name may thereby take it from another one: each round takes at least one rename back.
  for (let refused = clashing(owns, accepted); refused.length > 0; refused = clashing(owns, accepted)) {
    for (const own of refused) accepted.delete(own);
  }
  const shown = new Map(owns.map((own) => [own, accepted.get(own) ?? own]));
  return { shown, kept: owns.filter((own) => renames.has(own) && !accepted.has(own)) };
}

/** The renamed tools whose new name is taken. */
function clashing(owns: readonly string[], accepted: ReadonlyMap<string, string>): string[] {
  const taken = new Set(owns.filter((own) => !accepted.has(own)));
  return owns.filter((own) => {
    const name = accepted.get(own);
    if (name === undefined) return false;
    if (taken.has(name)) return true;
    taken.add(name);
    return false;
  });
}

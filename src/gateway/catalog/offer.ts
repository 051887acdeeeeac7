import { LIST_KINDS, type ListItem, type ListKind, presented } from "./list-item.ts";
import { canonicalTool, toolDigest } from "./tool-digest.ts";
import { planToolNames } from "./tool-names.ts";
import { approvedDefinition, descriptionOf, renamesOf, type ToolRules, type Withheld, withheldBy } from "./tool-rules.ts";

export type ServerLists = Readonly<Record<ListKind, readonly ListItem[]>>;

/** What of a server's lists is offered to clients, and what is not. */
export interface Offer {
  readonly lists: ServerLists;
  /** The tools that are held back, by the server's own names. */
  readonly withheld: ReadonlyMap<string, { readonly item: ListItem; readonly why: Withheld }>;
  /** The server's own names of its tools, offered or not, by those that clients see; undefined where they are the same. */
  readonly ownNames: ReadonlyMap<string, string> | undefined;
  /** Own names of tools that were to get another name and keep theirs. */
  readonly keptNames: readonly string[];
}

/** Applies the rules to what a server lists. What is refused is judged by the server's own name, after every renaming. */
export function offerOf(lists: ServerLists, rules: ToolRules): Offer {
  const { shown, kept } = planToolNames(
    lists.tools.map(({ own }) => own),
    renamesOf(rules),
  );
  const withheld = new Map<string, { item: ListItem; why: Withheld }>();
  const tools = lists.tools.flatMap((tool) => {
    const judged = judgedOf(rules, tool);
    const item = presented(judged.tool, shown.get(tool.own) ?? tool.own, descriptionOf(rules, tool.own));
    const why = withheldBy(rules, tool) ?? judged.why;
    if (why === undefined) return [item];
    withheld.set(tool.own, { item, why });
    return [];
  });
  const isRenamed = [...shown].some(([own, name]) => own !== name);
  const ownNames = isRenamed ? new Map([...shown].map(([own, name]) => [name, own])) : undefined;
  return { lists: { ...lists, tools }, withheld, ownNames, keptNames: kept };
}

/** A tool that was approved as it is defined is offered as that definition, and else not at all. */
function judgedOf(rules: ToolRules, tool: ListItem): { readonly tool: ListItem; readonly why?: Withheld } {
  const approved = approvedDefinition(rules, tool.own);
  if (approved === undefined) return { tool };
  const canonical = canonicalTool(tool);
  const definition = canonical && toolDigest(canonical);
  return canonical !== undefined && definition === approved ? { tool: canonical } : { tool, why: { definition } };
}

/** The kinds of lists in which clients see another text than before. */
export function changedKinds(before: Offer | undefined, after: Offer): ListKind[] {
  return LIST_KINDS.filter((kind) => before === undefined || textOf(before.lists[kind]) !== textOf(after.lists[kind]));
}

function textOf(items: readonly ListItem[]): string {
  return items.map((item) => item.text).join("\n");
}

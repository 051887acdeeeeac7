import type { PromptDefinition } from "../../api/server-definition.ts";
import type { Era } from "../../mcp/classify.ts";
import type { ServerHost } from "../server-host.ts";
import { legacyToolText } from "../upstream/bridge/legacy-tools.ts";
import { advertisedName, mayBeShortened, splitAdvertised } from "./advertised-name.ts";
import { LIST_KINDS, LISTS, type ListItem, type ListKind, renamed } from "./list-item.ts";
import { promptText } from "./project-prompt.ts";
import { mayMatchTemplate } from "./uri-template.ts";

/** A server and its own name for something. */
export interface Target {
  readonly host: ServerHost;
  readonly own: string;
  /** The name is no tool's any more: that tool has another one now. */
  readonly isGone?: true;
}

/** What a client sees: one server under its own names, or a project's servers under prefixed ones. */
export interface View {
  readonly kind: "server" | "project";
  /** The project's name. */
  readonly name: string | undefined;
  readonly hosts: readonly ServerHost[];
  /** The list as the JSON text of a result, in the form of an era. Servers whose lists are not known yet are not in it. */
  listText(kind: ListKind, era: Era): string;
  /** The same as bytes, where it is long: what is kept serves many answers, none of which makes a copy of its own text. */
  listBytes(kind: ListKind, era: Era): Uint8Array | undefined;
  /** The project's own prompt of this name. */
  prompt(name: string): PromptDefinition | undefined;
  /** Where a tool or prompt of this name lives; undefined where there is none. The name is not looked up in the server's list yet. */
  named(kind: "tools" | "prompts", name: string): Target | undefined;
  /** Who may have this resource: the one that lists it, else those with a fitting template, else all that have resources. */
  resource(uri: string): readonly Target[];
  /** The URI under which a client of this view knows a server's resource. */
  uriOf(host: ServerHost, own: string): string;
}

/** One server, whose names are its own. */
export function serverView(host: ServerHost): View {
  return {
    kind: "server",
    name: undefined,
    hosts: [host],
    ...cachedLists([host], (kind, era) => (host.catalog.lists?.[kind] ?? []).map(({ text }) => inEra(era, host, kind, text))),
    prompt: () => undefined,
    named: (kind, name) => targetOf(host, kind, name),
    resource: (uri) => [{ host, own: uri }],
    uriOf: (_, own) => own,
  };
}

/**
 * The servers of a project: `server__tool`, and URIs as they are unless two servers share one; and the project's own
 * prompts under their own names, which hold no `__`.
 */
export function projectView(hosts: readonly ServerHost[], prompts: readonly PromptDefinition[] = [], name?: string): View {
  const byHandle = new Map(hosts.map((host) => [host.handle, host]));
  const byName = new Map(prompts.map((prompt) => [prompt.name, prompt]));
  const own = prompts.map(promptText);
  return {
    kind: "project",
    name,
    hosts,
    ...cachedLists(hosts, (kind, era) => [...(kind === "prompts" ? own : []), ...projectTexts(hosts, kind, era)]),
    prompt: (prompt) => byName.get(prompt),
    named(kind, advertised) {
      const split = splitAdvertised(advertised);
      const host = split && byHandle.get(split.server);
      if (split === undefined || host === undefined) return undefined;
      const shortened = mayBeShortened(advertised) ? findShortened(host, kind, advertised) : undefined;
      return shortened === undefined ? targetOf(host, kind, split.own) : { host, own: shortened.own };
    },
    resource: (uri) => resourceTargets(hosts, byHandle, uri),
    uriOf(host, own) {
      const leadsHere = resourceTargets(hosts, byHandle, own)[0]?.host === host;
      return leadsHere ? own : uriPrefix(host.handle) + own;
    },
  };
}

function targetOf(host: ServerHost, kind: "tools" | "prompts", shown: string): Target {
  const own = kind === "tools" ? host.catalog.ownTool(shown) : shown;
  return own === undefined ? { host, own: shown, isGone: true } : { host, own };
}

interface CachedList {
  readonly revision: number;
  /** A long one whose bytes were asked for is kept as those alone. */
  list: string | Uint8Array;
}

/** Longer lists are worth keeping as bytes. */
const LONG_LIST = 64 * 1024;

/** Builds a list when a server's lists have changed and not before. */
function cachedLists(
  hosts: readonly ServerHost[],
  texts: (kind: ListKind, era: Era) => readonly string[],
): Pick<View, "listText" | "listBytes"> {
  const caches = { legacy: new Map<ListKind, CachedList>(), modern: new Map<ListKind, CachedList>() };
  const listed = (kind: ListKind, era: Era): CachedList => {
    const cache = caches[era];
    // Revisions only grow, so their sum changes whenever one of them does.
    const revision = hosts.reduce((sum, host) => sum + host.catalog.revision, 0);
    const cached = cache.get(kind);
    if (cached?.revision === revision) return cached;
    const made: CachedList = { revision, list: `{"${kind}":[${texts(kind, era).join(",")}]}` };
    cache.set(kind, made);
    return made;
  };
  return {
    listText(kind, era) {
      const { list } = listed(kind, era);
      return typeof list === "string" ? list : new TextDecoder().decode(list);
    },
    listBytes(kind, era) {
      const cached = listed(kind, era);
      if (typeof cached.list !== "string") return cached.list;
      if (cached.list.length <= LONG_LIST) return undefined;
      cached.list = Buffer.from(cached.list);
      return cached.list;
    },
  };
}

function projectTexts(hosts: readonly ServerHost[], kind: ListKind, era: Era): string[] {
  const taken = new Set<string>();
  return hosts.flatMap((host) =>
    (host.catalog.lists?.[kind] ?? []).map((item) => {
      const name = projectName(host, kind, item, taken);
      taken.add(name);
      return inEra(era, host, kind, renamed(item, name));
    }),
  );
}

/** An entry as clients of an era are to see it: only tools of modern servers differ for others. */
function inEra(era: Era, { catalog }: ServerHost, kind: ListKind, text: string): string {
  return era === "legacy" && kind === "tools" && catalog.era === "modern" ? legacyToolText(text) : text;
}

/** Resources keep their URIs, since results name them too; the second server with one gets its own prefix. */
function projectName(host: ServerHost, kind: ListKind, item: ListItem, taken: ReadonlySet<string>): string {
  if (LISTS[kind].nameKey === "name") return advertisedName(host.handle, item.shown);
  return taken.has(item.own) ? uriPrefix(host.handle) + item.own : item.own;
}

function uriPrefix(handle: string): string {
  return `mcpctl+${handle}:`;
}

function findShortened(host: ServerHost, kind: "tools" | "prompts", name: string): ListItem | undefined {
  const { lists, withheld } = host.catalog;
  // A tool that is not offered is known by its own name too, so that a call of it is told so.
  const items = [...(lists?.[kind] ?? []), ...(kind === "tools" ? [...withheld.values()].map(({ item }) => item) : [])];
  return items.find(({ shown }) => advertisedName(host.handle, shown) === name);
}

function resourceTargets(hosts: readonly ServerHost[], byHandle: ReadonlyMap<string, ServerHost>, uri: string): Target[] {
  const colon = uri.indexOf(":");
  const prefixed = uri.startsWith("mcpctl+") ? byHandle.get(uri.slice("mcpctl+".length, colon)) : undefined;
  if (prefixed !== undefined) return [{ host: prefixed, own: uri.slice(colon + 1) }];
  const lists = (host: ServerHost, kind: ListKind) => host.catalog.lists?.[kind] ?? [];
  const listed = hosts.filter((host) => ["resources", "resourceTemplates"].some((kind) => hasOwn(lists(host, kind as ListKind), uri)));
  if (listed[0] !== undefined) return [{ host: listed[0], own: uri }];
  const fitting = hosts.filter((host) => lists(host, "resourceTemplates").some(({ own }) => mayMatchTemplate(own, uri)));
  const others = hosts.filter(
    (host) => !fitting.includes(host) && LIST_KINDS.some((kind) => LISTS[kind].capability === "resources" && lists(host, kind).length > 0),
  );
  return [...fitting, ...others].map((host) => ({ host, own: uri }));
}

function hasOwn(items: readonly ListItem[], own: string): boolean {
  return items.some((item) => item.own === own);
}

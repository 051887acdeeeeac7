import { hash } from "node:crypto";
import { z } from "zod";
import type { Era } from "../../mcp/classify.ts";
import type { TextCache } from "../cache/text-cache.ts";
import type { ServerToRun } from "../serving/server-to-run.ts";
import type { InitializeResult } from "../upstream/upstream.ts";
import { LIST_KINDS, type ListItem, readPage } from "./list-item.ts";
import type { ServerLists } from "./offer.ts";

/** What a reading of a server's lists has found. */
export interface ReadLists {
  readonly era: Era;
  readonly initialized: InitializeResult;
  readonly lists: ServerLists;
}

/** The lists of one server as they were last read, also by a process before this one. */
export interface KeptLists {
  /** Undefined where none are kept. Never throws. */
  read(): Promise<ReadLists | undefined>;
  /** Never throws and never waits. */
  write(lists: ReadLists): void;
}

const keptSchema = z.object({
  era: z.enum(["legacy", "modern"]),
  initialized: z.object({
    protocolVersion: z.string(),
    capabilities: z.record(z.string(), z.unknown()),
    serverInfo: z.record(z.string(), z.unknown()),
    instructions: z.string().optional(),
  }),
  /** Each as an answer of the server would say it. */
  lists: z.record(z.enum(LIST_KINDS), z.string()),
});

/**
 * The lists of a server in `cache`, for `owner` alone: the principal as whom they are read. A server that is defined in
 * another way is another one.
 */
export function keptListsIn(cache: TextCache, owner: string): (server: ServerToRun) => KeptLists {
  return ({ id, handle, backing, node }) => {
    const definition = hash("sha256", JSON.stringify([backing, node?.address ?? null]), "hex");
    const key = { owner, parts: ["lists", id, handle, definition] };
    let written: string | undefined;
    return {
      async read() {
        written = await cache.get(key);
        return written === undefined ? undefined : parseLists(written);
      },
      write(lists) {
        const text = formatLists(lists);
        if (text === written) return;
        written = text;
        void cache.set(key, text);
      },
    };
  };
}

export function formatLists({ era, initialized, lists }: ReadLists): string {
  const pages = LIST_KINDS.map((kind) => [kind, `{"result":{"${kind}":[${lists[kind].map(({ text }) => text).join(",")}]}}`]);
  return JSON.stringify({ era, initialized, lists: Object.fromEntries(pages) });
}

/** Undefined where the text is none of ours: it may have been cut, or be another version's. */
export function parseLists(text: string): ReadLists | undefined {
  try {
    const { era, initialized, lists } = keptSchema.parse(JSON.parse(text));
    const { instructions, ...rest } = initialized;
    const items = (kind: (typeof LIST_KINDS)[number]): readonly ListItem[] => readPage(kind, lists[kind])?.items ?? [];
    return {
      era,
      initialized: { ...rest, ...(instructions === undefined ? {} : { instructions }) },
      lists: {
        tools: items("tools"),
        prompts: items("prompts"),
        resources: items("resources"),
        resourceTemplates: items("resourceTemplates"),
      },
    };
  } catch {
    return undefined;
  }
}

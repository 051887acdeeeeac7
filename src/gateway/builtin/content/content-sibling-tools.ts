import type { Kysely } from "kysely";
import type { z } from "zod";
import type { Schema } from "../../../store/schema.ts";
import { invalidArgument } from "./argument-fault.ts";
import * as arg from "./argument-schema.ts";
import type { ContentItem } from "./content-fields.ts";
import { MAX_INTEGER } from "./content-limits.ts";
import { type ContentTool, defineTool } from "./content-tool.ts";
import { findPlace, listAfter, listBefore, listChildren, listSiblings, type Place } from "./document-siblings.ts";
import { contentListOutput } from "./output-schema.ts";
import { resolveWanted, withVariables } from "./template-variable.ts";
import { listResult, noSuchDocument, type Page } from "./tool-result.ts";

const paged = arg.closed({ id: arg.documentId, limit: arg.limit, offset: arg.offset, with_tvs: arg.withTvs });

const MAX_POSITION = MAX_INTEGER - 1;
const position = arg.whole(0, MAX_POSITION);
const ranged = arg.closed({
  id: arg.documentId,
  from: position.describe("The first position, counted from 0"),
  to: position.optional().describe("The last position, itself included; to the end where left out"),
  limit: arg.limit,
  offset: arg.offset.describe("How many items of the range to skip"),
  with_tvs: arg.withTvs,
});

type ListPlace = (db: Kysely<Schema>, place: Place, page: Page) => Promise<readonly ContentItem[]>;
type Name = Pick<ContentTool, "name"> & { readonly title: string; readonly description: string };

const SORTED = "Sorted by menuindex, then id. Documents in the bin are left out.";

/** A tool that reads a list around one document, which `list` gets as its place in the tree. */
function defineAround<Input extends typeof paged | typeof ranged>(
  name: Name,
  input: Input,
  list: (db: Kysely<Schema>, place: Place, args: z.output<Input>) => Promise<readonly ContentItem[]>,
): ContentTool {
  return defineTool({
    ...name,
    input,
    output: contentListOutput,
    async run(db, args) {
      const wanted = await resolveWanted(db, args.with_tvs);
      const place = await findPlace(db, args.id);
      if (place === undefined) return noSuchDocument(args.id);
      return listResult(await withVariables(db, await list(db, place, args), wanted), args);
    },
  });
}

const children: ListPlace = (db, place, page) => listChildren(db, place.id, page);

/** The immediate neighbours in the order they stand in. */
const neighbors: ListPlace = async (db, place, page) => {
  const one = { limit: 1, offset: 0 };
  const both = [...(await listBefore(db, place, one)), ...(await listAfter(db, place, one))];
  return both.slice(page.offset, page.offset + page.limit);
};

/** The part of `list` from position `from` to `to`, paged within. */
function range(list: ListPlace) {
  return async (db: Kysely<Schema>, place: Place, args: z.output<typeof ranged>): Promise<readonly ContentItem[]> => {
    const { from, to, limit, offset } = args;
    if (to !== undefined && to < from) throw invalidArgument(["to"], to, `an integer from ${from} (the value of from) to ${MAX_POSITION}`);
    const left = to === undefined ? limit : to - from + 1 - offset;
    return left <= 0 ? [] : list(db, place, { limit: Math.min(limit, left), offset: from + offset });
  };
}

export const contentSiblingTools: readonly ContentTool[] = [
  defineAround(
    { name: "evo.content.children", title: "List the children of a document", description: `The documents directly under one. ${SORTED}` },
    paged,
    children,
  ),
  defineAround(
    {
      name: "evo.content.siblings",
      title: "List the siblings of a document",
      description: `The other documents under the same parent. ${SORTED}`,
    },
    paged,
    listSiblings,
  ),
];

export const optionalSiblingTools: readonly ContentTool[] = [
  defineAround(
    {
      name: "evo.content.neighbors",
      title: "Get the neighbours of a document",
      description: `The sibling just before a document and the one just after it, at most two. ${SORTED}`,
    },
    paged,
    neighbors,
  ),
  defineAround(
    {
      name: "evo.content.prev_siblings",
      title: "List the siblings before a document",
      description: "The siblings that stand before a document by menuindex, then id, the nearest first. Documents in the bin are left out.",
    },
    paged,
    listBefore,
  ),
  defineAround(
    {
      name: "evo.content.next_siblings",
      title: "List the siblings after a document",
      description: "The siblings that stand after a document by menuindex, then id, the nearest first. Documents in the bin are left out.",
    },
    paged,
    listAfter,
  ),
  defineAround(
    {
      name: "evo.content.children_range",
      title: "List a range of children",
      description: `The children of a document from position \`from\` to \`to\` (both included, counted from 0). ${SORTED}`,
    },
    ranged,
    range(children),
  ),
  defineAround(
    {
      name: "evo.content.siblings_range",
      title: "List a range of siblings",
      description: `The siblings of a document from position \`from\` to \`to\` (both included, counted from 0 in the list that evo.content.siblings gives). ${SORTED}`,
    },
    ranged,
    range(listSiblings),
  ),
];

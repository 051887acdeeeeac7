import type { Kysely } from "kysely";
import type { Schema } from "../../../store/schema.ts";
import * as arg from "./argument-schema.ts";
import type { ContentItem } from "./content-fields.ts";
import { MAX_DEPTH } from "./content-limits.ts";
import { type ContentTool, defineTool } from "./content-tool.ts";
import { findPlace } from "./document-siblings.ts";
import { listAbove, listBelow } from "./document-tree.ts";
import { contentListOutput } from "./output-schema.ts";
import { resolveWanted, withVariables } from "./template-variable.ts";
import { listResult, noSuchDocument, type Page } from "./tool-result.ts";

const paged = { limit: arg.limit, offset: arg.offset, with_tvs: arg.withTvs };
const IN_BIN = "Documents in the bin are left out.";

const rootTreeTool = defineTool({
  name: "evo.content.root_tree",
  title: "List the site from its root",
  description: `The top of the site as a flat list, level by level: the root documents first, then their children, down to \`depth\` levels; \`parent\` and \`menuindex\` say where each stands. The best first call to learn what there is. ${IN_BIN}`,
  input: arg.closed({ depth: arg.depth.default(2).describe("How many levels; 1 is the root documents alone"), ...paged }),
  output: contentListOutput,
  async run(db, args) {
    const wanted = await resolveWanted(db, args.with_tvs);
    return listResult(await withVariables(db, await listBelow(db, 0, args.depth, args), wanted), args);
  },
});

interface WalkDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly depth: string;
  list(db: Kysely<Schema>, id: number, depth: number, page: Page): Promise<readonly ContentItem[]>;
}

function defineWalk({ name, title, description, depth, list }: WalkDefinition): ContentTool {
  return defineTool({
    name,
    title,
    description,
    input: arg.closed({ id: arg.documentId, depth: arg.depth.default(MAX_DEPTH).describe(depth), ...paged }),
    output: contentListOutput,
    async run(db, args) {
      const wanted = await resolveWanted(db, args.with_tvs);
      if ((await findPlace(db, args.id)) === undefined) return noSuchDocument(args.id);
      return listResult(await withVariables(db, await list(db, args.id, args.depth, args), wanted), args);
    },
  });
}

export const contentTreeTools: readonly ContentTool[] = [
  rootTreeTool,
  defineWalk({
    name: "evo.content.descendants",
    title: "List everything under a document",
    description: `All documents under one, as a flat list, level by level, down to \`depth\` levels; \`parent\` says where each stands. ${IN_BIN}`,
    depth: "How many levels under the document; 1 is its children alone",
    list: listBelow,
  }),
  defineWalk({
    name: "evo.content.ancestors",
    title: "List the way to a document",
    description: `The documents above one, the root first and the parent last, as a breadcrumb shows them. ${IN_BIN}`,
    depth: "How many of the nearest ancestors; 1 is the parent alone",
    list: listAbove,
  }),
];

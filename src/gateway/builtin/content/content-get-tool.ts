import * as arg from "./argument-schema.ts";
import { CONTENT_FIELD_NAMES } from "./content-fields.ts";
import { defineTool } from "./content-tool.ts";
import { contentItemOutput } from "./output-schema.ts";
import { resolveWanted, withVariables } from "./template-variable.ts";
import { itemResult, noSuchDocument } from "./tool-result.ts";

export const contentGetTool = defineTool({
  name: "evo.content.get",
  title: "Get one document",
  description:
    "Read one document by its id, also one that is unpublished or in the bin (see `published`, `deleted`). Dates are Unix seconds, 0 where not set.",
  input: arg.closed({ id: arg.documentId, with_tvs: arg.withTvs }),
  output: contentItemOutput,
  async run(db, { id, with_tvs }) {
    const wanted = await resolveWanted(db, with_tvs);
    const document = await db.selectFrom("content_document").select(CONTENT_FIELD_NAMES).where("id", "=", id).executeTakeFirst();
    if (document === undefined) return noSuchDocument(id);
    const [item] = await withVariables(db, [document], wanted);
    return itemResult(item);
  },
});

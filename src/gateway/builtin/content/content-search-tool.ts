import { defineTool } from "./content-tool.ts";
import { contentListOutput } from "./output-schema.ts";
import { planSearch } from "./plan-search.ts";
import { searchInput } from "./search-arguments.ts";
import { searchDocuments } from "./search-documents.ts";
import { resolveWanted, withVariables } from "./template-variable.ts";
import { listResult } from "./tool-result.ts";

export const contentSearchTool = defineTool({
  name: "evo.content.search",
  title: "Search documents",
  description:
    "Find documents of the site by place (parent, depth), state, template, fields, template variables or tags; sorted and paged. " +
    'Example: {"filters":{"where":[{"field":"pagetitle","op":"like","value":"leave"}]},"limit":10}. ' +
    "Documents in the bin are left out unless asked for. Dates are Unix seconds, 0 where not set; flags are 0 or 1.",
  input: searchInput,
  output: contentListOutput,
  async run(db, args) {
    const search = await planSearch(db, args);
    const wanted = await resolveWanted(db, args.with_tvs);
    return listResult(await withVariables(db, await searchDocuments(db, search), wanted), args);
  },
});

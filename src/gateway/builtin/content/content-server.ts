import type { Kysely } from "kysely";
import { VERSION } from "../../../core/version.ts";
import { INVALID_PARAMS, JsonRpcFault, METHOD_NOT_FOUND } from "../../../mcp/json-rpc.ts";
import type { Schema } from "../../../store/schema.ts";
import type { BuiltinServer } from "../builtin-server.ts";
import { cut, invalidArgument } from "./argument-fault.ts";
import { contentGetTool } from "./content-get-tool.ts";
import { TOOLSET_VERSION } from "./content-limits.ts";
import { contentSearchTool } from "./content-search-tool.ts";
import { contentSiblingTools, optionalSiblingTools } from "./content-sibling-tools.ts";
import type { ContentTool } from "./content-tool.ts";
import { contentTreeTools } from "./content-tree-tools.ts";
import { modelTools } from "./model-tools.ts";

type Params = Readonly<Record<string, unknown>>;

/** The canonical tools first, then the optional ones; clients see this order. */
const TOOLS: readonly ContentTool[] = [
  contentSearchTool,
  contentGetTool,
  ...contentTreeTools,
  ...contentSiblingTools,
  ...modelTools,
  ...optionalSiblingTools,
];

const TOOL_BY_NAME: ReadonlyMap<string, ContentTool> = new Map(TOOLS.map((tool) => [tool.name, tool]));

const INSTRUCTIONS =
  "Reads the documents and records of a site. Start with evo.content.root_tree or evo.content.search, then follow ids. " +
  "Lists need `limit` and are paged by `offset`; nothing here changes anything.";

/**
 * The built-in `content` server: the Evolution CMS tools of eMCP toolset 1.0, read only, over SQL.
 *
 * A document or record that is not there is an error of the tool (`isError`); arguments that break
 * the schema are a fault.
 */
export function createContentServer(db: Kysely<Schema>): BuiltinServer {
  const toolsList = { tools: TOOLS.map((tool) => tool.listing()) };
  return {
    initialize: (protocolVersion) => ({
      protocolVersion,
      capabilities: { tools: { listChanged: false }, evo: { toolsetVersion: TOOLSET_VERSION } },
      serverInfo: { name: "content", title: "Site content", version: VERSION, platform: "eMCP", platformVersion: VERSION },
      instructions: INSTRUCTIONS,
    }),
    async request(method, params) {
      switch (method) {
        case "ping":
          return {};
        case "tools/list":
          refuseCursor(params);
          return toolsList;
        case "tools/call":
          return callTool(db, params);
        default:
          throw new JsonRpcFault(METHOD_NOT_FOUND, `Method not found: ${cut(method)}`);
      }
    },
  };
}

/** One page holds all, so no cursor was ever given out. */
function refuseCursor(params: Params): void {
  if (params.cursor !== undefined) throw invalidArgument(["cursor"], params.cursor, "no cursor: the list has one page");
}

function callTool(db: Kysely<Schema>, params: Params): Promise<Record<string, unknown>> {
  const { name, arguments: args = {} } = params;
  if (typeof name !== "string") throw invalidArgument(["name"], name, "the name of a tool");
  const tool = TOOL_BY_NAME.get(name);
  if (tool === undefined) throw new JsonRpcFault(INVALID_PARAMS, `Unknown tool: ${cut(name)}`);
  return tool.run(db, args);
}

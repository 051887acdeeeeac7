import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { type ParamHeader, paramHeaders, scanParamHeaders } from "../../../mcp/eras/2026-07-28/param-headers.ts";
import { createLocator, elementsOf, splice } from "../../../mcp/json-span.ts";

const KEY = "x-mcp-header";
const locateTools = createLocator(["result", "tools"]);

/** What a server has last listed of the arguments that go into headers, by tool. */
export class ToolHeaders {
  readonly #declared = new Map<string, readonly ParamHeader[]>();

  /** The headers of a call of this tool. */
  of(name: unknown, args: unknown): Record<string, string> {
    const declared = typeof name === "string" ? this.#declared.get(name) : undefined;
    return declared === undefined ? {} : paramHeaders(declared, args);
  }

  /**
   * Takes note of a page of the server's list of tools, and gives it without those that cannot be called over HTTP
   * (2026-07-28, Streamable HTTP, "Custom headers": a client must leave them out). All else in it stays as it is.
   */
  take(answer: string, isFirstPage: boolean): string {
    if (isFirstPage) this.#declared.clear();
    // A key may be written with escapes.
    if (!answer.includes(KEY) && !answer.includes("\\u")) return answer;
    const tools = toolsIn(answer);
    const [span] = locateTools(answer).spans;
    if (tools === undefined || span === undefined) return answer;
    const elements = elementsOf(answer, span.start);
    const kept = elements.filter((_, index) => this.#takeTool(tools[index]));
    if (kept.length === elements.length) return answer;
    return splice(answer, span, `[${kept.map(({ start, end }) => answer.slice(start, end)).join(",")}]`);
  }

  #takeTool(tool: unknown): boolean {
    if (!isJsonObject(tool)) return true;
    const scan = scanParamHeaders(tool.inputSchema);
    if ("fault" in scan) return false;
    if (typeof tool.name === "string" && scan.declared.length > 0) this.#declared.set(tool.name, scan.declared);
    return true;
  }
}

function toolsIn(answer: string): readonly unknown[] | undefined {
  const { result } = JSON.parse(answer) as { result?: unknown };
  return isJsonObject(result) && Array.isArray(result.tools) ? result.tools : undefined;
}

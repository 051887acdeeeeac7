import { isJsonObject } from "../../client/json-object.ts";
import { createLocator, elementsOf, splice } from "../../json-span.ts";
import { type ParamHeader, paramHeaders, scanParamHeaders } from "./param-headers.ts";

const KEY = "x-mcp-header";
/** Tools that are remembered; the ones listed longest ago are forgotten first, and learned again when a server misses a header. */
const MAX_TOOLS = 10_000;
const locateTools = createLocator(["result", "tools"]);

/** What a server has last listed of the arguments that go into headers, by tool. */
export class ToolHeaders {
  readonly #declared = new Map<string, readonly ParamHeader[]>();
  readonly #onLeftOut: ((tool: string, fault: string) => void) | undefined;

  /** `onLeftOut` hears of each tool that a list is given without. */
  constructor(onLeftOut?: (tool: string, fault: string) => void) {
    this.#onLeftOut = onLeftOut;
  }

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
    if ("fault" in scan) {
      this.#onLeftOut?.(String(tool.name), scan.fault);
      return false;
    }
    if (typeof tool.name === "string" && scan.declared.length > 0) this.#remember(tool.name, scan.declared);
    return true;
  }

  #remember(name: string, declared: readonly ParamHeader[]): void {
    this.#declared.set(name, declared);
    const [oldest] = this.#declared.keys();
    if (this.#declared.size > MAX_TOOLS && oldest !== undefined) this.#declared.delete(oldest);
  }
}

function toolsIn(answer: string): readonly unknown[] | undefined {
  const { result } = JSON.parse(answer) as { result?: unknown };
  return isJsonObject(result) && Array.isArray(result.tools) ? result.tools : undefined;
}

import { type ParamHeader, paramHeaders, scanParamHeaders } from "../eras/2026-07-28/param-headers.ts";
import { createLocator, elementsOf, splice } from "../json-span.ts";

/** Tools whose declarations are kept; the ones listed longest ago go first. */
const MAX_TOOLS = 10_000;

const locateTools = createLocator(["result", "tools"]);

/** A list as a client over HTTP may show it. */
export interface Learned {
  readonly line: string;
  /** Tools that were left out, with the reason. */
  readonly dropped: readonly { readonly name: string; readonly fault: string }[];
}

/**
 * Which arguments of which tool travel in headers too, as the answers to tools/list say.
 *
 * A tool that declares it wrongly could not be called over HTTP: it is cut out of the list, as the specification asks of
 * an HTTP client (2026-07-28, "Custom headers from tool parameters"); every other tool stays byte for byte.
 */
export class ToolHeaders {
  readonly #declared = new Map<string, readonly ParamHeader[]>();

  /** The headers of a call of this tool. */
  of(tool: unknown, args: unknown): Record<string, string> {
    const declared = typeof tool === "string" ? this.#declared.get(tool) : undefined;
    return declared === undefined ? {} : paramHeaders(declared, args);
  }

  /** Reads an answer to tools/list: its line and its value. */
  learn(line: string, value: Readonly<Record<string, unknown>>): Learned {
    const tools = toolsIn(value);
    const faults = tools.map((tool) => this.#learnOne(tool));
    const dropped = tools.flatMap(({ name }, index) => {
      const fault = faults[index];
      return fault === undefined ? [] : [{ name: String(name), fault }];
    });
    if (dropped.length === 0) return { line, dropped };
    return {
      line: without(
        line,
        faults.map((fault) => fault !== undefined),
      ),
      dropped,
    };
  }

  #learnOne({ name, inputSchema }: Tool): string | undefined {
    if (typeof name !== "string") return undefined;
    const scanned = scanParamHeaders(inputSchema);
    this.#declared.delete(name);
    if ("fault" in scanned) return scanned.fault;
    if (scanned.declared.length === 0) return undefined;
    this.#declared.set(name, scanned.declared);
    const [oldest] = this.#declared.keys();
    if (this.#declared.size > MAX_TOOLS && oldest !== undefined) this.#declared.delete(oldest);
    return undefined;
  }
}

interface Tool {
  readonly name?: unknown;
  readonly inputSchema?: unknown;
}

function toolsIn({ result }: Readonly<Record<string, unknown>>): readonly Tool[] {
  const tools = typeof result === "object" && result !== null ? (result as { tools?: unknown }).tools : undefined;
  return Array.isArray(tools) ? tools.map((tool: unknown) => (typeof tool === "object" && tool !== null ? tool : {})) : [];
}

/** The list without the elements that are marked. */
function without(line: string, marked: readonly boolean[]): string {
  const [span] = locateTools(line).spans;
  if (span === undefined) return line;
  const kept = elementsOf(line, span.start).filter((_, index) => marked[index] !== true);
  return splice(line, span, `[${kept.map(({ start, end }) => line.slice(start, end)).join(",")}]`);
}

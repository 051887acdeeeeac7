import { parse } from "smol-toml";
import { AppError } from "../../core/app-error.ts";
import type { NodeEntry } from "./fleet-config.ts";

/**
 * The file's text with one `[[nodes]]` more, at its end; nothing else of it changes. Throws `precondition`/`NODES_WRITTEN_OTHERWISE`
 * where nodes are written in a way to which none can be added.
 */
export function appendNode(text: string, node: NodeEntry): string {
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const keys = Object.entries(node).flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${JSON.stringify(value)}`]));
  const before = text === "" || /\n$/.test(text) ? text : `${text}${end}`;
  const gap = before === "" || /(^|\n)\r?\n$/.test(before) ? "" : end;
  const written = `${before}${gap}${["[[nodes]]", ...keys].join(end)}${end}`;
  return checked(written, [...nodesOf(text), node]);
}

/**
 * The file's text without the `[[nodes]]` of this name; comments around it stay. Throws as `appendNode`, and
 * `not_found`/`NODE_UNKNOWN`.
 */
export function removeNode(text: string, name: string): string {
  const nodes = nodesOf(text);
  const index = nodes.findIndex((node) => node.name === name);
  if (index < 0) throw new AppError("not_found", "NODE_UNKNOWN", `There is no node '${name}' in the file`);
  const lines = text.split("\n");
  const headers = lines.flatMap((line, at) => (/^\s*\[\[\s*nodes\s*\]\]/.test(line) ? [at] : []));
  const from = headers[index] ?? lines.length;
  const next = lines.findIndex((line, at) => at > from && /^\s*\[/.test(line));
  const block = lines.slice(from, next < 0 ? lines.length : next);
  // What stands below the last key belongs to what comes next.
  const length = block.findLastIndex((line) => line.trim() !== "" && !/^\s*#/.test(line)) + 1;
  const blank = /^\r?$/.test(lines[from + length] ?? "x") && from + length < lines.length - 1 ? 1 : 0;
  const left = [...lines.slice(0, from), ...lines.slice(from + length + blank)].join("\n");
  return checked(
    left,
    nodes.filter((_, at) => at !== index),
  );
}

function nodesOf(text: string): readonly NodeEntry[] {
  return (parse(text) as { nodes?: NodeEntry[] }).nodes ?? [];
}

/** What was written, once it is read back as it was meant. */
function checked(text: string, nodes: readonly NodeEntry[]): string {
  if (Bun.deepEquals(readBack(text), nodes)) return text;
  throw new AppError("precondition", "NODES_WRITTEN_OTHERWISE", "The nodes of the file are written in a way that cannot be changed here", {
    hint: "write each as a table of its own, [[nodes]], or change the file in an editor",
  });
}

function readBack(text: string): readonly NodeEntry[] | undefined {
  try {
    return nodesOf(text);
  } catch {
    return undefined;
  }
}

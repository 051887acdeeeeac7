import { type Edge, edgesOf } from "../layers.ts";
import type { Rule, Violation } from "../source-file.ts";

/** No file imports itself by way of others, type-only imports included. One violation per cycle. */
export const importCycles: Rule = (files) => {
  const known = new Set(files.map((file) => file.path));
  const edges = new Map(files.map((file) => [file.path, edgesOf(file).filter((edge) => known.has(edge.to))]));
  const done = new Set<string>();
  return files.flatMap((file) => walk(file.path, [], edges, done));
};

/** Depth first; `trail` holds the edges from the start to `path`. A file is walked once. */
function walk(path: string, trail: readonly Edge[], edges: ReadonlyMap<string, readonly Edge[]>, done: Set<string>): readonly Violation[] {
  const start = trail.findIndex((edge) => edge.from === path);
  if (start >= 0) return [cycle(trail.slice(start))];
  if (done.has(path)) return [];
  const found = (edges.get(path) ?? []).flatMap((edge) => walk(edge.to, [...trail, edge], edges, done));
  done.add(path);
  return found;
}

function cycle(trail: readonly Edge[]): Violation {
  const [first] = trail;
  const path = first?.from ?? "";
  const loop = [path, ...trail.map((edge) => edge.to)].join(" → ");
  return {
    path,
    line: first?.line ?? 1,
    rule: "import-cycles",
    message: `${loop}; move what both sides need to a file that imports neither`,
  };
}

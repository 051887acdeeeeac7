import { importsOf } from "../imports.ts";
import { AREAS, type Edge, edgesOf, FOUNDATIONS, layerOf, productFiles } from "../layers.ts";
import type { Rule, SourceFile, Violation } from "../source-file.ts";

const RULE = "arrows";

/** main → areas → verify → foundations → core. Areas among each other are `areasApart`'s. */
const RANK: ReadonlyMap<string, number> = new Map([
  ["core", 0],
  ...FOUNDATIONS.map((layer) => [layer, 1] as const),
  ["verify", 2],
  ...AREAS.map((layer) => [layer, 3] as const),
  ["main", 4],
]);

/** Files outside src that product code may import, and the folders that may. */
const OUTSIDE: readonly { readonly path: RegExp; readonly from: RegExp }[] = [
  { path: /^package\.json$/, from: /^src\/core\/version\.ts$/ },
  { path: /^gen\//, from: /^src\/(agent|api|service-definition)\// },
];

/** An import points along the arrows, or stays in its own folder. */
export const arrows: Rule = (files) =>
  productFiles(files).flatMap((file) => [...placement(file), ...computed(file), ...edgesOf(file).flatMap(direction)]);

function placement(file: SourceFile): readonly Violation[] {
  const layer = layerOf(file.path);
  if (layer !== undefined && RANK.has(layer)) return [];
  const message = `this file lies in no layer; move it to one of src/{${[...RANK.keys()].join(",")}}`;
  return [{ path: file.path, line: 1, rule: RULE, message }];
}

function computed(file: SourceFile): readonly Violation[] {
  return importsOf(file)
    .filter((found) => found.specifier === undefined)
    .map(({ line }) => ({
      path: file.path,
      line,
      rule: RULE,
      message: "a computed import cannot be checked; write the path as a constant",
    }));
}

function direction({ from, to, line }: Edge): readonly Violation[] {
  const message = to.startsWith("src/") ? wrongDirection(layerOf(from), layerOf(to)) : wrongExit(from, to);
  return message === undefined ? [] : [{ path: from, line, rule: RULE, message }];
}

function wrongDirection(from: string | undefined, to: string | undefined): string | undefined {
  if (from === undefined || to === undefined || from === to) return undefined;
  const [rank, target] = [RANK.get(from), RANK.get(to)];
  if (rank === undefined || target === undefined || rank > target) return undefined;
  if (AREAS.includes(from) && AREAS.includes(to)) return undefined;
  return `${from} may not import ${to}; move what both need to a lower layer, or pass it in from main as a port`;
}

function wrongExit(from: string, to: string): string | undefined {
  if (OUTSIDE.some((exit) => exit.path.test(to) && exit.from.test(from))) return undefined;
  if (/^(test|bench|scripts)\//.test(to)) return undefined;
  return `${to} lies outside src; add it to OUTSIDE in test/architecture/rules/arrows.ts if the product really needs it`;
}

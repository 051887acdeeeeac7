import { importsOf, resolveImport } from "../imports.ts";
import { layerOf, productFiles } from "../layers.ts";
import type { Rule } from "../source-file.ts";

const RULE = "core-imports-nothing";

/** core is words and pure rules: it imports itself and node:crypto, and version.ts the manifest. */
export const coreImportsNothing: Rule = (files) =>
  productFiles(files)
    .filter((file) => layerOf(file.path) === "core")
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => !allowed(file.path, specifier))
        .map(({ specifier, line }) => ({ path: file.path, line, rule: RULE, message: message(specifier) })),
    );

function allowed(path: string, specifier: string | undefined): boolean {
  if (specifier === undefined) return false;
  if (specifier === "node:crypto") return true;
  const target = resolveImport(path, specifier);
  if (target === "package.json") return path === "src/core/version.ts";
  return target !== undefined && layerOf(target) === "core";
}

function message(specifier: string | undefined): string {
  return `core imports nothing but itself and node:crypto, not ${specifier ?? "a computed path"}; take it as an argument, or move this file up`;
}

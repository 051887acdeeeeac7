import { importsOf, resolveImport } from "./imports.ts";
import { isTestFile, type SourceFile } from "./source-file.ts";

/** The parts of mcpd, mcplocal, mcp-agent, mcpctl and the console. They meet only in main. */
export const AREAS: readonly string[] = ["control", "gateway", "agent", "cli", "console"];

/** What every area may use; none of these knows another, or an area. */
export const FOUNDATIONS: readonly string[] = ["api", "service-definition", "runtime", "store", "mcp"];

/** The first folder below src, or undefined outside src and for a file that lies in src itself. */
export function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** The files of src without their tests: what the product is made of. */
export function productFiles(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.filter((file) => file.path.startsWith("src/") && !isTestFile(file.path));
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/** The relative imports of a file, made whole. */
export function edgesOf(file: SourceFile): readonly Edge[] {
  return importsOf(file).flatMap(({ specifier, line }) => {
    const to = specifier === undefined ? undefined : resolveImport(file.path, specifier);
    return to === undefined ? [] : [{ from: file.path, to, line }];
  });
}

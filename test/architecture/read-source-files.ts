import { fileURLToPath } from "node:url";
import type { SourceFile } from "./source-file.ts";

/** The checkout's root, with a trailing `/`. */
export const REPOSITORY_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Every TypeScript file under src, test, bench and scripts, sorted by path. */
export async function readSourceFiles(): Promise<readonly SourceFile[]> {
  const paths = [...new Bun.Glob("{src,test,bench,scripts}/**/*.{ts,tsx}").scanSync({ cwd: REPOSITORY_ROOT })].filter(
    (path) => !path.includes("node_modules/"),
  );
  const files = paths.sort().map(async (path) => ({ path, text: await Bun.file(REPOSITORY_ROOT + path).text() }));
  return Promise.all(files);
}

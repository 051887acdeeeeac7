import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

/** The folder of an npm package as a module or file there would find it; undefined where it would not. */
export function packageFolder(from: string, name: string): string | undefined {
  try {
    return dirname(createRequire(from).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/**
 * The same for an executable, such as one that was built in a checkout. It may lie below a folder that everybody may write to, so
 * only what its own owner has put there is found.
 */
export function packageBeside(executable: string, name: string): string | undefined {
  const folder = packageFolder(executable, name);
  return folder !== undefined && statSync(folder).uid === statSync(executable).uid ? folder : undefined;
}

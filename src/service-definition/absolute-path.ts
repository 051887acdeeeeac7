/** What separates the parts of a mount in an argument list, and what no path of ours has. */
const UNFIT = /[\p{Cc}:,]/u;
const MAX_LENGTH = 1024;

/** Whether it is an absolute path in its shortest form: no `.`, no `..`, no empty part, no slash at its end. */
export function isPlainAbsolutePath(path: string): boolean {
  return path.startsWith("/") && path.length <= MAX_LENGTH && !UNFIT.test(path) && path.slice(1).split("/").every(isPlainPart);
}

/** Whether it is such a path below a folder: relative, and never out of it. */
export function isPlainRelativePath(path: string): boolean {
  return path.length <= MAX_LENGTH && !UNFIT.test(path) && path.split("/").every(isPlainPart);
}

/** Whether `path` is `folder` or lies below it; both in their shortest form. */
export function liesIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function isPlainPart(part: string): boolean {
  return part !== "" && part !== "." && part !== "..";
}

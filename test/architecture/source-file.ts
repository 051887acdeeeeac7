/** One source file, named by its path from the repository's root, with `/` between folders. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A broken rule: where, which, and what to do about it. `line` counts from 1. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** A rule sees every file at once and reports what breaks it; an empty list is a pass. */
export type Rule = (files: readonly SourceFile[]) => readonly Violation[];

/** True for files that only tests load: they may know more than the code they test. */
export function isTestFile(path: string): boolean {
  return path.startsWith("test/") || /\.(test|contract|fixture)\.tsx?$/.test(path);
}

/** The violation as a line that an editor can jump to. */
export function describeViolation(violation: Violation): string {
  return `${violation.path}:${violation.line} [${violation.rule}] ${violation.message}`;
}

import { AppError } from "../../core/app-error.ts";

/** What a failed system call on a file means: `exhausted`/`DISK_FULL`, `precondition`/`FILE_NO_RIGHT`; anything else stays as it is. */
export function fileFault(thrown: unknown, path: string): unknown {
  if (thrown instanceof AppError || !(thrown instanceof Error)) return thrown;
  switch ((thrown as NodeJS.ErrnoException).code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new AppError("exhausted", "DISK_FULL", `There is no room on the disk for ${path}`, { cause: thrown, hint: "free some space" });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new AppError("precondition", "FILE_NO_RIGHT", `The agent has not the right to do that at ${path}`, {
        cause: thrown,
        hint: "see who owns the directory, and whether it is mounted read-only",
      });
    case "ENOENT":
      return new AppError("not_found", "FILE_NOT_FOUND", `There is no ${path}`, { cause: thrown });
    default:
      return thrown;
  }
}

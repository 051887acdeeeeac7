import { AppError } from "../../core/app-error.ts";

/** Somebody else has changed or deleted it between this change's look and its write. */
export function changedMeanwhile(what: string): AppError {
  return new AppError("conflict", "CHANGED_MEANWHILE", `${what} was changed by somebody else at the same moment`, {
    hint: "read it again and repeat the change",
  });
}

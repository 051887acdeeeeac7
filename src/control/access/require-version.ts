import { AppError } from "../../core/app-error.ts";

/** Throws `precondition`/`VERSION_STALE` where the caller has seen another version than there is now. */
export function requireVersion(current: number, ifMatch: number | undefined): void {
  if (ifMatch === undefined || ifMatch === current) return;
  throw new AppError("precondition", "VERSION_STALE", `It has changed since: this is version ${current}, and If-Match says ${ifMatch}`, {
    hint: "read it again and repeat the change",
  });
}

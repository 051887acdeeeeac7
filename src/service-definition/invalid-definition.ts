import { AppError } from "../core/app-error.ts";

/** What is wrong with a definition, or with a value of it; `readWrittenService` adds where. */
export function invalidDefinition(message: string, hint?: string): AppError {
  return new AppError("invalid", "SERVICE_DEFINITION_INVALID", message, hint === undefined ? {} : { hint });
}

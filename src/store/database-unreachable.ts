import { AppError } from "../core/app-error.ts";
import { describeServer, type ServerUrl } from "./database-url.ts";

/** Why no connection came about. */
export type ConnectProblem = "refused-login" | "missing" | "full" | "unreachable";

const PROBLEMS: Readonly<Record<ConnectProblem, { readonly says?: string; readonly hint: string }>> = {
  "refused-login": {
    says: "it refuses the user's login",
    hint: "check user and password in the database URL, and whom the server lets in from here",
  },
  missing: { says: "the server has no such database", hint: "create the database, or correct its name in the database URL" },
  full: { says: "the server takes no more connections", hint: "lower pool_size in the database URL, or raise the server's limit" },
  unreachable: { hint: "check that the server runs and can be reached from here, and host, port and sslmode in the database URL" },
};

/** Names server and database, never the password. */
export function databaseUnreachable(url: ServerUrl, problem: ConnectProblem, cause: unknown): AppError {
  const { says = reasonOf(cause), hint } = PROBLEMS[problem];
  const message = `Cannot open the ${describeServer(url)} as ${url.user}: ${says}`;
  return new AppError("unavailable", "DATABASE_UNREACHABLE", message, { cause, hint });
}

/** The first of several addresses speaks for all. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return cause instanceof Error ? cause.message : String(cause);
}

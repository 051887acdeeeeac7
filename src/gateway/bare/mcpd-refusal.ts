import { AppError } from "../../core/app-error.ts";

/** What mcpd's gateway means by a refusal that is told by its status; undefined for what it does not send. */
export function mcpdRefusal(status: number, text: string): AppError | undefined {
  const message = messageOf(text);
  if (message === undefined) return undefined;
  switch (status) {
    case 401:
      return new AppError("unauthenticated", "MCPD_REFUSED_CALLER", message);
    case 403:
      return new AppError("denied", "MCPD_REFUSED_CALL", message);
    case 429:
      return new AppError("exhausted", "UPSTREAM_BUSY", message);
    case 503:
      return new AppError("unavailable", "UPSTREAM_UNAVAILABLE", message);
    default:
      return undefined;
  }
}

function messageOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    return typeof error?.message === "string" ? error.message : undefined;
  } catch {
    return undefined;
  }
}

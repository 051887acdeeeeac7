import type { Refusal } from "../engine-error.ts";

/** The body of an answer that is no success: podman's `{cause, message}`, Docker's `{message}`, or any text. */
export function refusalOf(text: string): Refusal {
  try {
    const { cause, message } = JSON.parse(text) as { readonly cause?: unknown; readonly message?: unknown };
    return { cause: typeof cause === "string" ? cause : "", message: typeof message === "string" ? message : text.trim() };
  } catch {
    return { cause: "", message: text.trim() };
  }
}

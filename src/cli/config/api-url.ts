import { AppError } from "../../core/app-error.ts";
import { isLoopback } from "../../core/edge-policy.ts";

/** A base URL of mcpd without a slash at the end. Throws `invalid`/`API_URL_INVALID`, naming where the text came from. */
export function parseApiUrl(from: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
  if (usable) return url.href.replace(/\/+$/, "");
  // What holds an @ may hold a password.
  const shown = text.includes("@") ? from : `${from} '${text}'`;
  throw new AppError("invalid", "API_URL_INVALID", `${shown} is no base URL of mcpd`, {
    hint: "write http://HOST:PORT or https://HOST, without a user name or a query",
  });
}

/** Whether what is sent there crosses a network without TLS. */
export function isUnsafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !isLoopback(hostname.replace(/^\[|\]$/g, ""));
}

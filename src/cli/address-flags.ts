import { AppError } from "../core/app-error.ts";

/** A host name or an address; brackets and ports do not belong to it. */
const HOST = /^[0-9A-Za-z]([0-9A-Za-z._-]*)$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/;

/** Throws `invalid`/`PORT_INVALID`, naming where the text came from. */
export function parsePort(from: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new AppError("invalid", "PORT_INVALID", `${from} '${text}' is not a port`, { hint: "a port is 1 to 65535, or 0 for a free one" });
}

/** Throws `invalid`/`HOST_INVALID`, naming where the text came from. */
export function parseHost(from: string, text: string): string {
  if (HOST.test(text)) return text;
  throw new AppError("invalid", "HOST_INVALID", `${from} '${text}' is not an address`, {
    hint: "write 127.0.0.1, ::1, 0.0.0.0 or a host name",
  });
}

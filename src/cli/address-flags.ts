import { AppError } from "../core/app-error.ts";

/** A host name or an address; brackets and ports do not belong to it. */
const HOST = /^[0-9A-Za-z]([0-9A-Za-z._-]*)$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/;

/** Throws `invalid`/`PORT_INVALID`, naming where the text came from. */
export function parsePort(from: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new AppError("invalid", "PORT_INVALID", `${from} '${text}' is not a port`, { hint: "a port is 1 to 65535, or 0 for a free one" });
}

/** Where something listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0 is a free one. */
  readonly port: number;
}

/** HOST:PORT, an IPv6 address in brackets. Throws `invalid`/`LISTEN_ADDRESS_INVALID`, naming where the text came from. */
export function parseListenAddress(from: string, text: string): ListenAddress {
  const { bracketed, plain, port = "" } = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]+)):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  const host = bracketed ?? plain ?? "";
  if (port !== "" && HOST.test(host) && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new AppError("invalid", "LISTEN_ADDRESS_INVALID", `${from} '${text}' is not an address to listen on`, {
    hint: "write HOST:PORT, as 127.0.0.1:9464 or [::1]:9464; port 0 is a free one",
  });
}

/** Throws `invalid`/`HOST_INVALID`, naming where the text came from. */
export function parseHost(from: string, text: string): string {
  if (HOST.test(text)) return text;
  throw new AppError("invalid", "HOST_INVALID", `${from} '${text}' is not an address`, {
    hint: "write 127.0.0.1, ::1, 0.0.0.0 or a host name",
  });
}

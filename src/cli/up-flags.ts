import { AppError } from "../core/app-error.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { UpOptions } from "./ports.ts";

/** The flags of `up` as they were typed. */
export interface UpFlags {
  readonly host: string;
  readonly apiPort: string;
  readonly gatewayPort: string;
  readonly dataDir?: string;
  readonly readyFile?: string;
  readonly newToken?: boolean;
}

/** A host name or an address; brackets and ports do not belong to it. */
const HOST = /^[0-9A-Za-z]([0-9A-Za-z._-]*)$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/;

/** What the flags ask for. Throws `invalid`, naming the flag. */
export function parseUpFlags(flags: UpFlags): UpOptions {
  const apiPort = parsePort("--api-port", flags.apiPort);
  const gatewayPort = parsePort("--gateway-port", flags.gatewayPort);
  if (apiPort === gatewayPort && apiPort !== 0) {
    throw new AppError("invalid", "PORTS_EQUAL", `--api-port and --gateway-port are both ${apiPort}`, {
      hint: "give each a port of its own, or 0 for a free one",
    });
  }
  return {
    host: parseHost(flags.host),
    apiPort,
    gatewayPort,
    dataDir: parsePathFlag("--data-dir", flags.dataDir),
    readyFile: parsePathFlag("--ready-file", flags.readyFile),
    newToken: flags.newToken === true,
  };
}

function parsePort(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new AppError("invalid", "PORT_INVALID", `${flag} '${text}' is not a port`, { hint: "a port is 1 to 65535, or 0 for a free one" });
}

function parseHost(text: string): string {
  if (HOST.test(text)) return text;
  throw new AppError("invalid", "HOST_INVALID", `--host '${text}' is not an address`, {
    hint: "write 127.0.0.1, ::1, 0.0.0.0 or a host name",
  });
}

import { readFileSync, statSync } from "node:fs";
import { AppError } from "../core/app-error.ts";
import { hasShape } from "../core/credential.ts";

/** The key of an enrolled gateway, and what is to be said about its file. */
export interface GatewayKey {
  readonly key: string;
  readonly warning: string | undefined;
}

/** Throws `precondition`/`GATEWAY_KEY_UNREADABLE`, `invalid`/`GATEWAY_KEY_INVALID`; what the file holds is never shown. */
export function readGatewayKey(path: string): GatewayKey {
  const [text, mode] = read(path);
  const key = text.trim();
  if (!hasShape("gateway", key)) {
    throw new AppError("invalid", "GATEWAY_KEY_INVALID", `The file ${path} holds no key of a gateway`, {
      hint: "it is one line that starts with mcpctl_gw_, as 'mcpctl create gateway NAME' prints it",
    });
  }
  const open = (mode & 0o077) !== 0;
  return { key, warning: open ? `${path} may be read by others than its owner: chmod 600 ${path}` : undefined };
}

function read(path: string): readonly [text: string, mode: number] {
  try {
    return [readFileSync(path, "utf8"), statSync(path).mode];
  } catch (cause) {
    const code = (cause as { code?: unknown } | null)?.code;
    throw new AppError(
      "precondition",
      "GATEWAY_KEY_UNREADABLE",
      `The file ${path} with the gateway's key cannot be read (${String(code)})`,
      {
        cause,
        hint: "MCPLOCAL_GATEWAY_TOKEN_FILE names the file that holds what 'mcpctl create gateway NAME' printed",
      },
    );
  }
}

import { join } from "node:path";
import type { Backing } from "../../../src/api/server-definition.ts";

/** The server of fixtures/obliging-server.ts, which looks for `${flagFile}.go`; its process is found by that name. */
export function obligingBacking(flagFile: string): Extract<Backing, { kind: "stdio" }> {
  const script = join(import.meta.dirname, "../fixtures/obliging-server.ts");
  return { kind: "stdio", command: process.execPath, args: [script, flagFile], env: {} };
}

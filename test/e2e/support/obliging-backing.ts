import { join } from "node:path";
import type { Backing } from "../../../src/api/server-definition.ts";

type Stdio = Extract<Backing, { kind: "stdio" }>;

/** The server of fixtures/obliging-server.ts, which looks for `${flagFile}.go`; its processes are found by that name. */
export function obligingBacking(flagFile: string, sharing: Stdio["sharing"] = "shared"): Stdio {
  const script = join(import.meta.dirname, "../fixtures/obliging-server.ts");
  return { kind: "stdio", command: process.execPath, args: [script, flagFile], env: {}, sharing };
}

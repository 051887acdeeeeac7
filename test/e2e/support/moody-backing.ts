import { join } from "node:path";
import type { Backing } from "../../../src/api/server-definition.ts";

/** The server of fixtures/moody-server.ts, which obeys `flagFile`; its process is found by that name. */
export function moodyBacking(flagFile: string): Backing {
  const script = join(import.meta.dirname, "../fixtures/moody-server.ts");
  return { kind: "stdio", command: process.execPath, args: [script, flagFile], env: {} };
}

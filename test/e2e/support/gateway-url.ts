import { existsSync, readFileSync } from "node:fs";
import { waitUntil } from "./wait-until.ts";

/** The gateway's base URL, out of an instance's file, as soon as it takes calls. */
export function gatewayUrl(instanceFile: string): Promise<string> {
  const read = (): string | undefined =>
    existsSync(instanceFile) ? JSON.parse(readFileSync(instanceFile, "utf8")).running?.gateway : undefined;
  return waitUntil("the instance takes calls", read);
}

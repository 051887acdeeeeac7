import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The folder of the checkout that this program runs from; undefined for an installed executable. */
export function checkoutFolder(): string | undefined {
  const folder = resolve(import.meta.dir, "..", "..");
  return existsSync(resolve(folder, "package.json")) && existsSync(resolve(folder, "src", "main")) ? folder : undefined;
}

import { AppError } from "../core/app-error.ts";

/** `K=V` as a flag takes it; the value may hold further `=`. Throws `invalid`/`PAIR_INVALID`, naming the flag and no value. */
export function parsePairs(flag: string, texts: readonly string[] | undefined): Record<string, string> | undefined {
  if (texts === undefined) return undefined;
  const pairs = texts.map((text): [string, string] => {
    const at = text.indexOf("=");
    // What has no = may be a value that was given without its name.
    if (at < 1) throw new AppError("invalid", "PAIR_INVALID", `${flag} is not NAME=VALUE`, { hint: `write ${flag} NAME=VALUE` });
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const twice = pairs.find(([name], at) => pairs.findIndex(([other]) => other === name) < at);
  if (twice !== undefined) throw new AppError("invalid", "PAIR_INVALID", `${flag} names '${twice[0]}' twice`);
  return Object.fromEntries(pairs);
}

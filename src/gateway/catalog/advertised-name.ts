import { createHash } from "node:crypto";
import { toBase62 } from "../../core/base62.ts";

/** What model providers accept as the name of a tool. */
export const MAX_NAME_LENGTH = 64;

const SEPARATOR = "__";
const DIGEST_LENGTH = 10;

/**
 * The name of a server's tool or prompt in a project's view: `server__tool`, at most 64 characters.
 *
 * A longer one keeps its beginning and ends in `_` and a digest of the whole name: the same on every
 * replica and after every restart. `ownName` finds the way back.
 */
export function advertisedName(server: string, own: string): string {
  const full = server + SEPARATOR + own;
  if (full.length <= MAX_NAME_LENGTH) return full;
  const digest = toBase62(createHash("sha256").update(full).digest(), 43).slice(-DIGEST_LENGTH);
  return `${full.slice(0, MAX_NAME_LENGTH - 1 - DIGEST_LENGTH)}_${digest}`;
}

/**
 * Splits an advertised name at its first `__`: a server handle holds no underscore. Undefined where there is none.
 *
 * For a shortened name `own` is only its beginning: look the advertised name up among the server's own first.
 */
export function splitAdvertised(advertised: string): SplitName | undefined {
  if (advertised !== last.advertised) last = { advertised, split: split(advertised) };
  return last.split;
}

interface SplitName {
  readonly server: string;
  readonly own: string;
}

/** The stages of a call ask for the same name one after another. */
let last: { readonly advertised: string; readonly split: SplitName | undefined } = { advertised: "", split: undefined };

function split(advertised: string): SplitName | undefined {
  const at = advertised.indexOf(SEPARATOR);
  return at <= 0 ? undefined : { server: advertised.slice(0, at), own: advertised.slice(at + SEPARATOR.length) };
}

/** Whether the name may be a shortened one, which only a look-up can turn back. */
export function mayBeShortened(advertised: string): boolean {
  return advertised.length === MAX_NAME_LENGTH;
}

import { oneLine } from "../core/one-line.ts";
import { invalidDefinition } from "./invalid-definition.ts";

/** What may be said; each of them with `=`. `unmask`, `systempaths` and `proc-opts` open what engines hide of the kernel. */
const OPTION =
  /^(?:no-new-privileges|seccomp=(?:unconfined|\/[^\p{Cc}:,]{1,500})|apparmor=[A-Za-z0-9_.-]{1,100}|label=(?:disable|nested|(?:user|role|type|level|filetype):[A-Za-z0-9_.:,-]{1,100}))$/u;

const USERNS = /^(?:host|nomap|(?:auto|keep-id)(?::[a-z]{3,10}=[0-9:@]{1,40}(?:,[a-z]{3,10}=[0-9:@]{1,40})*)?)$/;

/** Throws `invalid`/`SERVICE_DEFINITION_INVALID`. */
export function parseSecurityOption(text: string): string {
  if (OPTION.test(text)) return text;
  throw invalidDefinition(
    `'${oneLine(text, 100)}' is no security option`,
    'there are no-new-privileges, seccomp=…, apparmor=… and label=…; for what needs new privileges write profile = "trusted"',
  );
}

/** A user namespace: `auto`, `keep-id` or `nomap`, the first two with options; `host` for none. */
export function parseUserns(text: string): string {
  if (USERNS.test(text)) return text;
  throw invalidDefinition(`'${oneLine(text, 100)}' is no user namespace`, "write auto, keep-id, nomap or host");
}

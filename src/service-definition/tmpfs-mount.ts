import { oneLine } from "../core/one-line.ts";
import { invalidDefinition } from "./invalid-definition.ts";
import { parseMountTarget } from "./volume-mount.ts";

export interface TmpfsMount {
  readonly target: string;
  readonly options: readonly string[];
}

const OPTION =
  /^(?:ro|rw|exec|noexec|nosuid|nodev|noatime|size=\d{1,15}[kmgKMG]?|size=\d{1,3}%|mode=[0-7]{3,4}|[ug]id=\d{1,10}|nr_inodes=\d{1,10})$/;

/** `/path[:option,…]`. Throws `invalid`/`SERVICE_DEFINITION_INVALID`. */
export function parseTmpfsMount(text: string): TmpfsMount {
  const colon = text.indexOf(":");
  const target = parseMountTarget(colon < 0 ? text : text.slice(0, colon));
  const options = colon < 0 ? [] : text.slice(colon + 1).split(",");
  const wrong = options.find((option) => !OPTION.test(option));
  if (wrong === undefined) return { target, options };
  throw invalidDefinition(
    `'${oneLine(wrong, 60)}' is no option of a tmpfs`,
    "there are size=64m, mode=1777, uid=, gid=, nr_inodes=, ro, rw, exec, noexec, nosuid, nodev and noatime",
  );
}

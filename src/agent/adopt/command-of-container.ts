import type { ContainerSpec, ImageInfo } from "../../runtime/runtime.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import type { Findings } from "./findings.ts";

/** Entrypoint and arguments, where they are not what the image says anyway. */
export function commandOfContainer(
  { entrypoint = [], cmd = [] }: ContainerSpec,
  image: ImageInfo | undefined,
  findings: Findings,
): Pick<ComponentDefinition, "entrypoint" | "cmd"> {
  const own = wordsOf(entrypoint, image, findings);
  const sameEntrypoint = own.length === 0 || isSame(own, image?.entrypoint ?? []);
  const sameCmd = isSame(cmd, image?.cmd ?? []);
  if (sameEntrypoint && sameCmd) return { entrypoint: [], cmd: [] };
  // Without an entrypoint of its own it would get the image's arguments again.
  if (cmd.length === 0) return { entrypoint: own, cmd: [] };
  return { entrypoint: sameEntrypoint ? [] : own, cmd };
}

/** Podman 4 tells an entrypoint of several words as one line. */
function wordsOf(entrypoint: readonly string[], image: ImageInfo | undefined, findings: Findings): readonly string[] {
  const [line, ...more] = entrypoint;
  if (line === undefined || more.length > 0 || !line.includes(" ")) return entrypoint;
  if (image !== undefined && image.entrypoint.join(" ") === line) return image.entrypoint;
  const words = line.split(" ");
  if (words.includes("")) return entrypoint;
  findings.notes.push("its entrypoint is told in one line, which was split at the spaces");
  return words;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, index) => word === other[index]);
}

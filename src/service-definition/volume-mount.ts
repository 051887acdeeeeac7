import { oneLine } from "../core/one-line.ts";
import { isPlainAbsolutePath, liesIn } from "./absolute-path.ts";
import { invalidDefinition } from "./invalid-definition.ts";
import { isEngineName } from "./name-rules.ts";
import type { VolumeMount } from "./service-definition.ts";

/** What engines mask in these is part of what keeps a container in. */
const KERNEL_FOLDERS = ["/proc", "/sys", "/dev"];

/** `source:/target[:ro|rw]`, writable unless it says `ro`. Throws `invalid`/`SERVICE_DEFINITION_INVALID`. */
export function parseVolumeMount(text: string): VolumeMount {
  const [source = "", target = "", mode = "rw", ...rest] = text.split(":");
  if (rest.length > 0 || target === "") throw notAVolume(text);
  if (mode !== "ro" && mode !== "rw") {
    throw invalidDefinition(`'${oneLine(mode, 40)}' is no way to mount a volume`, "write ro or rw, or nothing for rw");
  }
  if (!isPlainAbsolutePath(source) && !isEngineName(source)) {
    throw invalidDefinition(
      `'${oneLine(source, 120)}' is no source of a volume`,
      "write an absolute path without '.', '..' and a slash at its end, or the name of a volume",
    );
  }
  return { source, target: parseMountTarget(target), readOnly: mode === "ro" };
}

/** A path in the container that something may be mounted at. */
export function parseMountTarget(text: string): string {
  if (!isPlainAbsolutePath(text)) {
    throw invalidDefinition(
      `'${oneLine(text, 120)}' is no path to mount at`,
      "write an absolute path in the container, not / itself, without '.', '..' and a slash at its end",
    );
  }
  const kernel = KERNEL_FOLDERS.find((folder) => liesIn(text, folder));
  if (kernel !== undefined) throw invalidDefinition(`nothing is mounted over ${kernel}`, "choose another path in the container");
  return text;
}

/** The text that gives this mount again. */
export function formatVolumeMount(volume: VolumeMount): string {
  return `${volume.source}:${volume.target}${volume.readOnly ? ":ro" : ""}`;
}

function notAVolume(text: string): Error {
  return invalidDefinition(
    `'${oneLine(text, 120)}' is no volume`,
    'write "/srv/shop/data:/data", "/srv/shop/conf:/conf:ro" or "name:/data"',
  );
}

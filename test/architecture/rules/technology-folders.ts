import { AREAS, edgesOf, layerOf, productFiles } from "../layers.ts";
import type { Rule } from "../source-file.ts";

/** Folder names that say how and not what. Add one here when an area gets a folder for it. */
const TECHNOLOGIES = new Set([
  "http",
  "net",
  "process",
  "rpc",
  "stdio",
  "linux",
  "podman",
  "libpod",
  "docker",
  "sqlite",
  "postgres",
  "mysql",
  "redis",
  "prometheus",
  "otlp",
]);

/**
 * Inside an area, folders named after technologies hold adapters. An adapter may import the
 * area's nouns; only main may import an adapter.
 */
export const technologyFolders: Rule = (files) =>
  productFiles(files)
    .flatMap(edgesOf)
    .flatMap(({ from, to, line }) => {
      const area = layerOf(from);
      const adapter = adapterOf(to);
      if (area === undefined || area !== layerOf(to) || adapter === undefined || from.startsWith(adapter)) return [];
      const message = `only main imports the adapters of ${adapter}; declare a port beside the noun and let main pass the adapter in`;
      return [{ path: from, line, rule: "technology-folders", message }];
    });

/** The adapter folder that a file lies in, with a trailing `/`. */
function adapterOf(path: string): string | undefined {
  const area = layerOf(path);
  if (area === undefined || !AREAS.includes(area)) return undefined;
  const folders = path.split("/").slice(0, -1);
  const at = folders.findIndex((folder, index) => index >= 2 && TECHNOLOGIES.has(folder));
  return at < 0 ? undefined : `${folders.slice(0, at + 1).join("/")}/`;
}

/** `default_ulimits` of podman's configuration files, the last one that sets it; undefined where none does. */
export function defaultUlimitsOf(files: readonly string[]): readonly string[] | undefined {
  let found: readonly string[] | undefined;
  for (const text of files) {
    // TOML, of which this one value is all that is wanted: a list of strings, over several lines where it is long.
    const uncommented = text.replaceAll(/^\s*#.*$/gm, "");
    const list = /^\s*default_ulimits\s*=\s*\[([^\]]*)\]/m.exec(uncommented)?.[1];
    if (list !== undefined) found = [...list.matchAll(/"([^"]*)"/g)].map((match) => match[1] as string);
  }
  return found;
}

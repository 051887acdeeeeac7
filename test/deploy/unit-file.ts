/** A systemd unit: its sections with their directives in order, and its comments as one text. */
export interface UnitFile {
  readonly sections: ReadonlyMap<string, readonly (readonly [key: string, value: string])[]>;
  readonly comments: string;
}

/** Reads a unit without continued lines; throws at a line that is none of a comment, a section and a directive. */
export function parseUnitFile(text: string): UnitFile {
  const sections = new Map<string, [string, string][]>();
  const comments: string[] = [];
  let current: [string, string][] | undefined;
  for (const line of text.split("\n")) {
    const directive = /^([A-Za-z]+)=(.*)$/.exec(line);
    if (line === "") continue;
    else if (/^[#;]/.test(line)) comments.push(line.slice(1));
    else if (/^\[\w+\]$/.test(line)) {
      current = [];
      sections.set(line.slice(1, -1), current);
    } else if (directive !== null && current !== undefined) current.push([directive[1] ?? "", directive[2] ?? ""]);
    else throw new Error(`no line of a unit: ${line}`);
  }
  return { sections, comments: comments.join("\n") };
}

const NAME = /^mcp-agent-(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2}\.\d{3}Z)\.db$/;

/** `mcp-agent-2026-11-29T02-03-04.567Z.db`: names sort as their moments, and have no colon, which some tools take for a host. */
export function snapshotName(at: Date): string {
  return `mcp-agent-${at.toISOString().replaceAll(":", "-")}.db`;
}

/** When the snapshot of this name was taken; undefined for any other file. */
export function momentOfSnapshot(name: string): Date | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const at = new Date(`${match[1]}T${match[2]}:${match[3]}:${match[4]}`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** Which of these files have to go so that `keep` snapshots stay. The one that was just taken stays, whatever the clock said when others were. */
export function planPruning(names: readonly string[], taken: string, keep: number): readonly string[] {
  const others = names.filter((name) => name !== taken && momentOfSnapshot(name) !== undefined).sort();
  return others.slice(0, Math.max(0, others.length - Math.max(0, keep - 1)));
}

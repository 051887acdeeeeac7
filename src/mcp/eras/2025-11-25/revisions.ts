/** The legacy revisions, newest first. 2024-10-07 is the pre-release that SDKs still list. */
export const LEGACY_REVISIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"] as const;

export type LegacyRevision = (typeof LEGACY_REVISIONS)[number];

export const NEWEST_LEGACY: LegacyRevision = LEGACY_REVISIONS[0];

export function isLegacyRevision(value: unknown): value is LegacyRevision {
  return LEGACY_REVISIONS.some((revision) => revision === value);
}

/** The revision a server answers `initialize` with: the client's where it is known, else the newest. */
export function negotiateRevision(requested: unknown): LegacyRevision {
  return isLegacyRevision(requested) ? requested : NEWEST_LEGACY;
}

/** Batches came with 2025-03-26 and went with 2025-06-18. */
export function allowsBatch(revision: LegacyRevision): boolean {
  return revision === "2025-03-26";
}

/** Event ids on every stream, and streams that end before their answer, came with 2025-11-25 (SEP-1699). */
export function resumesStreams(revision: LegacyRevision): boolean {
  return revision === "2025-11-25";
}

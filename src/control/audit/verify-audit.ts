import type { Kysely } from "kysely";
import type { ReplyOf } from "../../api/endpoint.ts";
import type { audit } from "../../api/endpoints/audit-endpoints.ts";
import { AppError } from "../../core/app-error.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { Schema } from "../../store/schema.ts";
import { type AuditRow, rowFromDatabase } from "./audit-row.ts";
import { allWriters } from "./audit-writers.ts";
import { isOwnChain, readAnchor } from "./chain-end.ts";
import { ChainCheck, type ChainVerdict } from "./check-chain.ts";
import type { Checkpoint, Checkpoints } from "./checkpoint.ts";
import { missingMoments } from "./missing-moments.ts";

export interface VerifyAuditDeps {
  readonly db: Kysely<Schema>;
  readonly checkpoints: Checkpoints;
  /** The writer id of this mcpd, as it was given: its chains must be signed. */
  readonly writer: string;
}

export type AuditVerdict = ReplyOf<typeof audit.verify>;

/** Rows that are held at a time. */
const PAGE = 500;
/** Retention may cut a chain while it is read; then it is read again. */
const MAX_TRIES = 5;

/**
 * Checks the chain of every writer in the database, and of every writer that a checkpoint tells of.
 *
 * Of the chains of other mcpds on this database it checks that they hold together; only their own mcpd knows where
 * they must end. Throws `canceled`/`AUDIT_VERIFY_CANCELED` when `signal` is aborted.
 */
export async function verifyAudit(deps: VerifyAuditDeps, signal: AbortSignal): Promise<AuditVerdict> {
  const { checkpoints, damage } = await deps.checkpoints.read();
  const known = checkpoints.map(({ writer }) => writer);
  const writers = new Set([...(await allWriters(deps.db)), ...known, ...(damage.length > 0 ? [deps.writer] : [])]);
  const chains: ChainVerdict[] = [];
  for (const writer of [...writers].sort()) {
    const verdict = await checkChain(deps, writer, checkpoints, signal);
    chains.push(
      writer === deps.writer && damage.length > 0 ? { ...verdict, ok: false, findings: [...damage, ...verdict.findings] } : verdict,
    );
  }
  return {
    ok: chains.every(({ ok }) => ok),
    events: chains.reduce((sum, { events }) => sum + events, 0),
    chains: chains.map((chain) => ({ ...chain, findings: [...chain.findings] })),
  };
}

async function checkChain(
  deps: VerifyAuditDeps,
  writer: string,
  checkpoints: readonly Checkpoint[],
  signal: AbortSignal,
): Promise<ChainVerdict> {
  const ends = checkpoints.filter((each) => each.kind === "end" && each.writer === writer);
  for (let attempt = 1; ; attempt += 1) {
    const anchor = await readAnchor(deps.db, writer);
    const check = new ChainCheck({ writer, anchor, ends, own: isOwnChain(deps.writer, writer) });
    for await (const rows of pagesOf(deps.db, writer, signal)) {
      const sound = rows.filter((row) => check.add(row));
      for (const unlisted of await missingMoments(deps.db, writer, sound)) check.addUnlisted(unlisted);
    }
    const after = await readAnchor(deps.db, writer);
    if (attempt < MAX_TRIES && after?.sequence !== anchor?.sequence) continue;
    const { checkpoints: now } = await deps.checkpoints.read();
    return check.finish(now.filter((each) => each.kind === "cut" && each.writer === writer));
  }
}

/** In pages; between them others have their turn. */
async function* pagesOf(db: Kysely<Schema>, writer: string, signal: AbortSignal): AsyncGenerator<readonly AuditRow[]> {
  const query = db.selectFrom("audit_events").selectAll().where("writer", "=", writer).orderBy("sequence").limit(PAGE);
  let page = await query.execute();
  while (page.length > 0) {
    const rows = page.map(rowFromDatabase);
    yield rows;
    await waitOrAbort(0, signal);
    if (signal.aborted) throw new AppError("canceled", "AUDIT_VERIFY_CANCELED", "The check of the audit log was canceled");
    page = await query.where("sequence", ">", rows.at(-1)?.sequence ?? 0).execute();
  }
}

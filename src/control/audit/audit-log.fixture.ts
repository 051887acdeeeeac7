import type { AuditDraft } from "../../api/audit-event.ts";
import type { Clock } from "../../core/clock.ts";
import type { Checkpoint, Checkpoints } from "./checkpoint.ts";
import { type AuditLog, type AuditLogDeps, type AuditLogOptions, openAuditLog } from "./open-audit-log.ts";

export const NOW = "2026-03-01T12:00:00.000Z";

/** A clock that stands until it is set. */
export function testClock(): Clock & { at: string } {
  return {
    at: NOW,
    now() {
      return new Date(this.at);
    },
  };
}

/** Checkpoints that can be tampered with. */
export function memoryCheckpoints(): Checkpoints & { kept: Checkpoint[]; damage: string[] } {
  return {
    kept: [],
    damage: [],
    async add(checkpoint) {
      this.kept.push(checkpoint);
    },
    async read() {
      return { checkpoints: [...this.kept], damage: [...this.damage] };
    },
  };
}

export function requestDraft(changed: Partial<AuditDraft> = {}): AuditDraft {
  return {
    kind: "tool_call_trace",
    outcome: "ok",
    at: NOW,
    actorKind: "user",
    actorId: "usr_1",
    actorName: "ada",
    user: "ada",
    ...changed,
  };
}

export function changeDraft(changed: Partial<AuditDraft> = {}): AuditDraft {
  return requestDraft({ kind: "rpc", action: "project.create", resource: "projects", resourceName: "demo", project: "demo", ...changed });
}

/** An open audit log of one mcpd: closed when `run` ends. */
export async function withAuditLog(
  deps: Pick<AuditLogDeps, "db"> & Partial<AuditLogDeps>,
  run: (log: AuditLog) => Promise<void>,
  options: AuditLogOptions = {},
): Promise<void> {
  const failures: unknown[] = [];
  const log = await openAuditLog(
    {
      writer: "mcpd-1",
      checkpoints: memoryCheckpoints(),
      clock: testClock(),
      shared: false,
      onFailure: (thrown) => failures.push(thrown),
      ...deps,
    },
    options,
  );
  try {
    await run(log);
  } finally {
    await log.close();
  }
  if (failures.length > 0) throw failures[0];
}

/** Resolves when `holds` says so; rejects after 5 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it did not come to hold in 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

import type { Command } from "commander";
import type { AuditEvent } from "../api/audit-event.ts";
import { ENDPOINTS } from "../api/endpoints/endpoints.ts";
import { AppError } from "../core/app-error.ts";
import { oneLine } from "../core/one-line.ts";
import { printableJson } from "../core/printable-json.ts";
import { alignTable } from "./align-table.ts";
import { addApiCommand, addCommandGroup, jsonText, outputOption } from "./api-command.ts";
import { withApi } from "./config/connect.ts";
import { setExitCode } from "./exit-code.ts";
import { AUDIT_COLUMNS, auditKind } from "./kinds/audit-kind.ts";
import type { FilterName } from "./kinds/kind.ts";
import { addFilterOptions, type FilterFlags, parseFilters } from "./list-filters.ts";
import type { CliDeps } from "./ports.ts";

/** `audit tail|verify`; `get audit` queries. */
export function addAuditCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "audit", "follow and check the audit log");
  const tail = addApiCommand(group, "tail", "show audit events as they come, until Ctrl-C", [
    "mcpctl audit tail",
    "mcpctl audit tail -p demo --outcome refused",
    "mcpctl audit tail -o json | jq .tool",
  ]).addOption(outputOption(["text", "json"], "text"));
  const filters = (Object.keys(auditKind.filters) as FilterName[]).filter((name) => name !== "since" && name !== "until");
  addFilterOptions(tail, filters).action(async (flags: FilterFlags & { output: string }, self: Command) => {
    const { output, ...filter } = flags;
    await withApi(deps, self, async ({ api }) => {
      const signal = deps.untilInterrupted();
      const query = parseFilters(auditKind, filter, deps.now());
      const onOpen = () => deps.stderr("… waiting for events; Ctrl-C stops\n");
      try {
        for await (const event of api.stream(ENDPOINTS.audit.tail, { query, signal, onOpen })) {
          deps.stdout(output === "json" ? `${printableJson(event)}\n` : eventLine(event, deps.now()));
        }
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      }
      if (signal.aborted) return;
      throw new AppError("unavailable", "AUDIT_TAIL_ENDED", "mcpd has ended the stream", {
        hint: "it stopped, or the credential has ended",
      });
    });
  });
  addApiCommand(
    group,
    "verify",
    "check the chain of the audit log: finds a removed, changed or cut-off event",
    ["mcpctl audit verify"],
    "Exit codes:\n  0  whole\n  1  something is wrong, or it could not be told",
  )
    .addOption(outputOption(["text", "json"], "text"))
    .action(async ({ output }: { output: string }, self: Command) => {
      await withApi(deps, self, async ({ api }) => {
        const verdict = await api.call(ENDPOINTS.audit.verify, {});
        deps.stdout(output === "json" ? jsonText(verdict) : renderVerdict(verdict));
        setExitCode(self, verdict.ok ? 0 : 1);
      });
    });
}

/** One line, its columns as wide as they come: nobody knows the widest of what is still to come. */
function eventLine(event: AuditEvent, now: Date): string {
  const cells = AUDIT_COLUMNS.filter(({ wide }) => wide !== true).map(({ cell }) => oneLine(cell(event, now)));
  return `${cells.join("  ")}\n`;
}

interface Verdict {
  readonly ok: boolean;
  readonly events: number;
  readonly chains: readonly {
    readonly writer: string;
    readonly first: number;
    readonly last: number;
    readonly events: number;
    readonly ok: boolean;
    readonly findings: readonly string[];
  }[];
}

function renderVerdict({ ok, events, chains }: Verdict): string {
  const rows = chains.map(({ writer, events: count, first, last, ok: whole }) => [
    writer,
    String(count),
    String(first),
    String(last),
    whole ? "ok" : "BROKEN",
  ]);
  const findings = chains.flatMap((chain) => chain.findings.map((finding) => `${chain.writer}: ${oneLine(finding, 400)}\n`));
  const summary = ok ? `The audit log is whole: ${events} events\n` : `The audit log is BROKEN: ${findings.length} findings\n`;
  return `${rows.length === 0 ? "" : alignTable([["WRITER", "EVENTS", "FIRST", "LAST", "CHAIN"], ...rows])}${findings.join("")}${summary}`;
}

import type { Command } from "commander";
import type { ApiClient } from "../../api/api-client.ts";
import type { McpTokenCreated } from "../../api/resources/mcp-token.ts";
import { toAppError } from "../../core/app-error.ts";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { tokenNotes } from "../create/create-mcp-token.ts";
import { isLost } from "../each-outcome.ts";
import { errorLines } from "../error-lines.ts";
import { setExitCode } from "../exit-code.ts";
import { formatRef } from "../kinds/resource-ref.ts";
import type { CliDeps } from "../ports.ts";
import { type Applied, applyDocument } from "./carry-out.ts";
import type { SpecDocument } from "./parse-document.ts";
import { readDocuments } from "./read-documents.ts";

interface Flags {
  readonly filename: readonly string[];
  readonly dryRun?: boolean;
}

const EXAMPLES = [
  "mcpctl apply -f team.yaml",
  "mcpctl apply -f resources/ --dry-run",
  "mcpctl get project demo -o yaml | mcpctl --context other apply -f -",
];

const NOTE = `A document is flat: kind: project, name: demo and so on, as 'mcpctl get KIND -o yaml' writes it. What it leaves out stays
as it is. All documents are checked before the first is applied. A token that is there already is left alone.

Exit codes:
  0  all applied
  1  none applied
  2  a document is wrong, and nothing was applied
  3  some applied`;

type Tally = Record<Applied["what"] | "failed", number>;

/** `apply -f`: makes resources what their documents say. */
export function addApplyCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "apply", "create or change resources as documents say", EXAMPLES, NOTE)
    .requiredOption("-f, --filename <file>", "file or folder of YAML or JSON documents, - for standard input; may be repeated", collect)
    .option("--dry-run", "say what would be done, and do nothing")
    .action(async ({ filename, dryRun }: Flags, self: Command) => {
      const documents = await readDocuments(deps, filename);
      await withApi(deps, self, async ({ api }) => setExitCode(self, await applyAll(deps, api, documents, dryRun === true)));
    });
}

async function applyAll(deps: CliDeps, api: ApiClient, documents: readonly SpecDocument[], dryRun: boolean): Promise<number> {
  const tally: Tally = { created: 0, configured: 0, unchanged: 0, skipped: 0, failed: 0 };
  for (const [done, document] of documents.entries()) {
    try {
      const applied = await applyDocument(api, document, deps.now(), dryRun);
      tally[applied.what] += 1;
      printApplied(deps, document, applied, dryRun);
    } catch (thrown) {
      const lost = isLost(thrown);
      if (lost && done === tally.failed) throw thrown;
      tally.failed += lost ? documents.length - done : 1;
      const { message, hint } = toAppError(thrown);
      deps.stderr(errorLines(`${formatRef(document.kind, document.ref)}: ${message}`, hint));
      if (lost) break;
    }
  }
  deps.stdout(`${summary(tally)}${dryRun ? " (dry run)" : ""}\n`);
  if (tally.failed === 0) return 0;
  return tally.failed === documents.length ? 1 : 3;
}

function printApplied(deps: CliDeps, { kind, ref }: SpecDocument, applied: Applied, dryRun: boolean): void {
  const name = formatRef(kind, ref);
  const what = applied.what === "skipped" ? applied.why : applied.what;
  deps.stdout(`${name} ${what}${dryRun ? " (dry run)" : ""}\n`);
  const issued = applied.what === "created" ? applied.resource : undefined;
  if (typeof issued?.token !== "string") return;
  const notes = kind.inProject ? tokenNotes(issued as unknown as McpTokenCreated, deps.now()) : [];
  deps.stderr([...notes, `Copy ${name} now: it is not shown again.`].map((line) => `${line}\n`).join(""));
  deps.stdout(`${issued.token}\n`);
}

function summary(tally: Tally): string {
  const parts = (Object.entries(tally) as [keyof Tally, number][]).filter(([, count]) => count > 0);
  return parts.map(([what, count]) => `${count} ${what}`).join(", ");
}

import type { Command } from "commander";
import type { ApiClient } from "../../api/api-client.ts";
import { toAppError } from "../../core/app-error.ts";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { isLost } from "../each-outcome.ts";
import { errorLines } from "../error-lines.ts";
import { setExitCode } from "../exit-code.ts";
import { yamlText } from "../kinds/document.ts";
import { formatRef } from "../kinds/resource-ref.ts";
import { stripInternalFields } from "../kinds/strip-internal-fields.ts";
import type { CliDeps } from "../ports.ts";
import { planFor } from "./carry-out.ts";
import type { SpecDocument } from "./parse-document.ts";
import { readDocuments } from "./read-documents.ts";
import { unifiedDiff } from "./unified-diff.ts";

const EXAMPLES = ["mcpctl diff -f team.yaml", "mcpctl diff -f resources/ || mcpctl apply -f resources/"];

const NOTE = "Exit codes:\n  0  nothing to change\n  1  something would change, or something failed";

/** Stands for a value that is given and never shown. */
const GIVEN = "(as in the file)";

/** `diff -f`: what `apply` would change. */
export function addDiffCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "diff", "show what apply would change", EXAMPLES, NOTE)
    .requiredOption("-f, --filename <file>", "file or folder of YAML or JSON documents, - for standard input; may be repeated", collect)
    .action(async ({ filename }: { filename: readonly string[] }, self: Command) => {
      const documents = await readDocuments(deps, filename);
      await withApi(deps, self, async ({ api }) => {
        let differs = false;
        for (const document of documents) differs = (await showDiff(deps, api, document)) || differs;
        setExitCode(self, differs ? 1 : 0);
      });
    });
}

/** Whether there is one, or it could not be told. */
async function showDiff(deps: CliDeps, api: ApiClient, document: SpecDocument): Promise<boolean> {
  const name = formatRef(document.kind, document.ref);
  try {
    const text = await diffOf(api, document, deps.now());
    deps.stdout(text);
    return text !== "";
  } catch (thrown) {
    if (isLost(thrown)) throw thrown;
    const { message, hint } = toAppError(thrown);
    deps.stderr(errorLines(`${name}: ${message}`, hint));
    return true;
  }
}

async function diffOf(api: ApiClient, document: SpecDocument, now: Date): Promise<string> {
  const { kind, spec, ref } = document;
  const { current, plan } = await planFor(api, document, now);
  if (plan.step === "none" || plan.step === "skip") return "";
  const before = current === undefined || plan.step === "create" ? {} : stripInternalFields(kind, current);
  const changes = plan.step === "create" ? { ...plan.body, ...plan.afterwards } : plan.patch;
  const shown = Object.entries(changes).map(([field, value]) => [field, spec.writeOnly?.includes(field) === true ? GIVEN : value]);
  const after = { ...before, ...Object.fromEntries(shown) };
  const name = formatRef(kind, ref);
  const from = plan.step === "create" ? "" : yamlText(kind, before);
  return unifiedDiff(from === "" ? "/dev/null" : name, `${name} (${document.where})`, from, yamlText(kind, after));
}

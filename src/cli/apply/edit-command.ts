import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { AppError, toAppError } from "../../core/app-error.ts";
import { addApiCommand } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { yamlOf } from "../kinds/document.ts";
import type { Kind, Resource } from "../kinds/kind.ts";
import { getResource, updateResource } from "../kinds/kind-api.ts";
import { formatRef, parseTargets, type ResourceRef } from "../kinds/resource-ref.ts";
import type { CliDeps } from "../ports.ts";
import { parseDocument } from "./parse-document.ts";
import { parseYaml } from "./parse-yaml.ts";
import { planChange } from "./plan-change.ts";

const EXAMPLES = ["mcpctl edit project demo", "EDITOR=nano mcpctl edit server docs", "mcpctl edit prompt hello -p demo"];

const NOTE =
  "It opens the resource's document in $VISUAL, else $EDITOR, else vi. Where it was changed by somebody meanwhile, nothing is\nwritten over and your text is kept in a file.";

/** `edit KIND NAME`: changes a resource in an editor. */
export function addEditCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "edit", "change a resource in your editor", EXAMPLES, NOTE)
    .argument("<kind>", "kind of resource, or KIND/NAME")
    .argument("[name]", "name or id")
    .option("-p, --project <project>", "project of a prompt")
    .action(async (kindWord: string, name: string | undefined, { project }: { project?: string }, self: Command) => {
      const { kind, refs } = parseTargets(kindWord, name === undefined ? [] : [name], project);
      const [ref] = refs;
      if (ref === undefined) self.error(`error: missing required argument 'name': which ${kind.singular}?`);
      if (kind.spec === undefined || kind.endpoints.update === undefined)
        throw new AppError("invalid", "VERB_UNSUPPORTED", `A ${kind.singular} cannot be changed`);
      await withApi(deps, self, async ({ api }) => {
        const current = await getResource(api, kind, ref);
        const before = yamlOf(kind, current);
        const after = await deps.openEditor(before, ".yaml");
        const patch = after === before ? {} : keepingText(after, () => patchOf(kind, ref, current, after, deps.now()));
        if (Object.keys(patch).length === 0) return deps.stdout(`${formatRef(kind, ref)} unchanged\n`);
        try {
          await updateResource(api, kind, ref, patch, current.version as number | undefined);
        } catch (thrown) {
          throw withKeptText(thrown, after);
        }
        return deps.stdout(`${formatRef(kind, ref)} edited\n`);
      });
    });
}

function patchOf(kind: Kind, ref: ResourceRef, current: Resource, text: string, now: Date): Readonly<Record<string, unknown>> {
  const [raw, ...more] = parseYaml("the edited text", text);
  if (raw === undefined || more.length > 0) throw new AppError("invalid", "EDIT_INVALID", "The edited text is not one document");
  const document = parseDocument(raw);
  const sameProject = !kind.inProject || document.fields.project === current.project;
  if (document.kind !== kind || document.ref.name !== current[kind.nameKey] || !sameProject)
    throw new AppError("invalid", "EDIT_INVALID", `The edited text is no longer about ${formatRef(kind, ref)}: kind and names stay`);
  const plan = planChange(document, current, now);
  return plan.step === "update" ? plan.patch : {};
}

function keepingText<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw withKeptText(thrown, text);
  }
}

/** The same failure, whose hint says where the text is. */
function withKeptText(thrown: unknown, text: string): AppError {
  const { code, reason, message, hint } = toAppError(thrown);
  const file = keepText(text);
  const again = code === "precondition" ? `; 'mcpctl diff -f ${file}' shows what is different now` : "";
  return new AppError(code, reason, code === "precondition" ? `Somebody changed it meanwhile: ${message}` : message, {
    cause: thrown,
    hint: `${hint === undefined ? "" : `${hint}; `}your text is kept in ${file}${again}`,
  });
}

/** A file that only its owner can read. */
function keepText(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "mcpctl-edit-")), "edited.yaml");
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

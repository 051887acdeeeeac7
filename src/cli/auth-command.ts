import type { Command } from "commander";
import { ENDPOINTS } from "../api/endpoints/endpoints.ts";
import { AppError } from "../core/app-error.ts";
import { nearest } from "../core/nearest.ts";
import { oneLine } from "../core/one-line.ts";
import { ACTIONS, type Action, formatBinding, type Resource, ROLES, type Role } from "../core/permission.ts";
import { addApiCommand, addCommandGroup, jsonText, outputOption } from "./api-command.ts";
import { withApi } from "./config/connect.ts";
import { setExitCode } from "./exit-code.ts";
import type { CliDeps } from "./ports.ts";
import { parseRoleBinding } from "./rbac-bindings.ts";

const EXAMPLES = [
  "mcpctl auth can-i edit servers/docs",
  "mcpctl auth can-i run servers --as User:jo@example.org",
  "mcpctl auth can-i view mcptokens/demo/ci",
  "mcpctl auth can-i logs",
];

const NOTE = "Exit codes:\n  0  yes\n  1  no, or it cannot be told";

/** `auth can-i`: whether somebody may do something, and which binding says so. */
export function addAuthCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "auth", "ask what may be done");
  addApiCommand(group, "can-i", "whether you, or another, may do something", EXAMPLES, NOTE)
    .argument("<verb>", `${ROLES.join(", ")}; or an action: ${ACTIONS.join(", ")}`)
    .argument("[resource]", "kind of resource, or RESOURCE/NAME; of tokens and prompts RESOURCE/PROJECT/NAME")
    .option("--as <subject>", "User:NAME, Group:NAME or McpToken:SHA; takes the action impersonate")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (verb: string, resource: string | undefined, flags: { as?: string; output: string }, self: Command) => {
      const question = parseQuestion(verb, resource);
      await withApi(deps, self, async ({ api }) => {
        const answer = await api.call(ENDPOINTS.auth.canI, { query: { ...question, as: flags.as } });
        const by = answer.by === null ? answer.reason : `${answer.subject}: ${formatBinding(answer.by.binding)} (${answer.by.source})`;
        deps.stdout(flags.output === "json" ? jsonText(answer) : `${answer.allowed ? "yes" : "no"}\n${oneLine(by)}\n`);
        setExitCode(self, answer.allowed ? 0 : 1);
      });
    });
}

interface Question {
  readonly verb?: Role;
  readonly resource?: Resource | "*";
  readonly name?: string | undefined;
  readonly action?: Action | "*";
}

/** Throws `invalid`: `QUESTION_INVALID`, `ROLE_BINDING_INVALID`. */
function parseQuestion(word: string, resource: string | undefined): Question {
  const isRole = (ROLES as readonly string[]).includes(word);
  const isAction = word === "*" || (ACTIONS as readonly string[]).includes(word);
  if (resource === undefined && isAction) return { action: word as Action };
  if (resource !== undefined && isRole) {
    const slash = resource.indexOf("/");
    const kind = slash < 0 ? resource : resource.slice(0, slash);
    // The words for roles and resources are those of bindings.
    const asked = parseRoleBinding(`role:${word},resource:${kind}`);
    if ("role" in asked) return { verb: asked.role, resource: asked.resource, name: slash < 0 ? undefined : resource.slice(slash + 1) };
  }
  if (isRole) throw invalid(`'${word}' what?`, "name a kind of resource, as in: can-i view servers");
  if (isAction) throw invalid(`'${word}' is an action and stands alone`, "leave the resource out");
  const known = resource === undefined ? [...ACTIONS, ...ROLES] : ROLES;
  const [near] = nearest(word, known);
  throw invalid(
    `'${word}' is no ${resource === undefined ? "action or verb" : "verb"}`,
    `${near === undefined ? "" : `did you mean ${near}? `}there are ${known.join(", ")}`,
  );
}

function invalid(message: string, hint: string): AppError {
  return new AppError("invalid", "QUESTION_INVALID", message, { hint });
}

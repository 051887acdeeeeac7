import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import { auditKind } from "./audit-kind.ts";
import { gatewayKind } from "./gateway-kind.ts";
import { groupKind } from "./group-kind.ts";
import type { Kind } from "./kind.ts";
import { mcpTokenKind } from "./mcp-token-kind.ts";
import { nodeKind } from "./node-kind.ts";
import { projectKind } from "./project-kind.ts";
import { promptKind } from "./prompt-kind.ts";
import { rbacKind } from "./rbac-kind.ts";
import { secretKind } from "./secret-kind.ts";
import { serverKind } from "./server-kind.ts";
import { taskKind } from "./task-kind.ts";
import { userKind } from "./user-kind.ts";

/** Every kind, what others are made of first: the order in which documents are applied. */
export const KINDS: readonly Kind[] = [
  userKind,
  groupKind,
  secretKind,
  nodeKind,
  serverKind,
  projectKind,
  promptKind,
  rbacKind,
  mcpTokenKind,
  gatewayKind,
  taskKind,
  auditKind,
];

/** Every word for a kind. */
export const KIND_WORDS: readonly string[] = [...new Set(KINDS.flatMap(wordsOf))];

/** The kind of a word, whatever its case. Throws `invalid`/`KIND_UNKNOWN` with the nearest. */
export function parseKind(word: string): Kind {
  const found = findKind(word);
  if (found !== undefined) return found;
  const [near] = nearest(word, KIND_WORDS);
  const kinds = `kinds are ${KINDS.map(({ plural }) => plural).join(", ")}`;
  throw new AppError("invalid", "KIND_UNKNOWN", `There is no kind '${word}'`, {
    hint: near === undefined ? kinds : `did you mean ${near}? ${kinds}`,
  });
}

export function findKind(word: string): Kind | undefined {
  const wanted = word.toLowerCase();
  return KINDS.find((kind) => wordsOf(kind).includes(wanted));
}

function wordsOf({ plural, singular, aliases }: Kind): readonly string[] {
  return [plural, singular, ...aliases];
}

import { emailSchema, nameSchema, usernameSchema } from "../../api/fields.ts";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";

const SHA256 = /^[0-9a-f]{64}$/;

/** The subject as it is kept: emails and hashes in lower case. Throws `invalid`/`SUBJECT_INVALID`. */
export function parseSubject({ kind, name }: Subject): Subject {
  if (kind === "Group") return { kind, name: accepted(nameSchema, name, "Group:NAME") };
  if (kind === "User" && name.includes("@")) return { kind, name: accepted(emailSchema, name, "User:EMAIL") };
  if (kind === "User") return { kind, name: accepted(usernameSchema, name, "User:USERNAME or User:EMAIL") };
  const sha = name.toLowerCase();
  if (!SHA256.test(sha)) throw invalid("McpToken:SHA", name, "must be the token's SHA-256, 64 hex digits");
  return { kind, name: sha };
}

/** `User:jo`, `Group:dev`, `McpToken:<sha>`. Throws `invalid`/`SUBJECT_INVALID`. */
export function parseSubjectText(text: string): Subject {
  const [, kind, name] = /^(User|Group|McpToken):(.+)$/s.exec(text) ?? [];
  if (name === undefined) throw invalid("a subject", text, "must be User:NAME, Group:NAME or McpToken:SHA");
  return parseSubject({ kind: kind as Subject["kind"], name });
}

export function formatSubject({ kind, name }: Subject): string {
  return `${kind}:${name}`;
}

/** Each subject once, in the order given. Throws `invalid`/`SUBJECT_INVALID`. */
export function parseSubjects(subjects: readonly Subject[]): readonly Subject[] {
  const parsed = subjects.map(parseSubject);
  return [...new Map(parsed.map((subject) => [formatSubject(subject), subject])).values()];
}

interface TextSchema {
  safeParse(value: string): { success: true; data: string } | { success: false; error: { issues: readonly { message: string }[] } };
}

function accepted(schema: TextSchema, name: string, form: string): string {
  const parsed = schema.safeParse(name);
  if (parsed.success) return parsed.data;
  throw invalid(form, name, parsed.error.issues[0]?.message ?? "is invalid");
}

function invalid(form: string, given: string, why: string): AppError {
  return new AppError("invalid", "SUBJECT_INVALID", `${form}: ${why} (given: ${oneLine(given, 80)})`);
}

import { z } from "zod";
import { nameSchema } from "../../api/fields.ts";
import { type PromptArgument, promptArgumentSchema } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";

export interface Prompt {
  readonly id: string;
  readonly name: string;
  /** The name of the one project that it lies in; its own name is unique there. */
  readonly project: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** `{{argument}}` is replaced by its value. */
  readonly template: string;
  /** Counts changes from 1. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The name by which rights are asked. */
export function accessNameOf({ project, name }: Pick<Prompt, "project" | "name">): string {
  return `${project}/${name}`;
}

/** Returns the name. Throws `invalid`/`PROMPT_NAME_INVALID`. */
export function parsePromptName(raw: string): string {
  const parsed = nameSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new AppError("invalid", "PROMPT_NAME_INVALID", "A prompt's name is 2-63 of a-z, 0-9 and '-', starting with a letter");
}

const stored = z.array(promptArgumentSchema);

/** A prompt's arguments as their column holds them. */
export function promptArgumentsOf(json: string): PromptArgument[] {
  return stored.parse(JSON.parse(json));
}

export function promptUnknown(reference: string): AppError {
  return new AppError("not_found", "PROMPT_UNKNOWN", `There is no prompt ${reference.slice(0, 130)}`);
}

/** Tab and the ends of lines are text; other control characters are none. */
const CONTROL = /[^\P{Cc}\t\n\r]/u;

/**
 * Placeholders and arguments name each other: one that is missing on either side is a slip of the pen that would only
 * show when an agent asks. Throws `invalid`: `PROMPT_TEMPLATE_INVALID` or `PROMPT_ARGUMENTS_INVALID`.
 */
export function requireSoundPrompt({ template, arguments: declared }: Pick<Prompt, "template" | "arguments">): void {
  if (CONTROL.test(template)) throw templateInvalid("must not hold control characters");
  const names = declared.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw argumentsInvalid(`${twice} stands twice`);
  const marked = declared.find(({ description }) => /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(description));
  if (marked !== undefined) throw argumentsInvalid(`the description of ${marked.name} must be one line without control characters`);
  const used = new Set([...template.matchAll(/\{\{([^{}]*)\}\}/g)].map((match) => match[1] ?? ""));
  const undeclared = [...used].find((name) => !names.includes(name));
  if (undeclared !== undefined)
    throw templateInvalid(`{{${undeclared.slice(0, 80)}}} is none of the arguments (${names.join(", ") || "there are none"})`);
  const unused = names.find((name) => !used.has(name));
  if (unused !== undefined) throw argumentsInvalid(`the template has no {{${unused}}}`);
}

function templateInvalid(why: string): AppError {
  return new AppError("invalid", "PROMPT_TEMPLATE_INVALID", `template: ${why}`);
}

function argumentsInvalid(why: string): AppError {
  return new AppError("invalid", "PROMPT_ARGUMENTS_INVALID", `arguments: ${why}`);
}

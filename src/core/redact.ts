/**
 * Takes secrets out of what is kept or shown: by key at any depth, and by shape wherever they stand in text.
 *
 * It cannot know a secret that has neither a telling key nor a telling shape.
 */

export const REDACTED = "[redacted]";

const CUT = "…[cut]";
const MAX_DEPTH = 8;
/** Entries of one object or array. */
const MAX_ENTRIES = 100;
/** Entries of all of them. */
const MAX_TOTAL = 2000;
const MAX_KEY = 100;
const MAX_TEXT = 1000;

/** What a key holds, written without case and punctuation, when its value is a secret. */
const SECRET_WORDS =
  /passw(?:or)?d|passphrase|pwd|secret|token|bearer|jwt|authorization|cookie|credential|(?:api|private|access|signing|master|encryption|session)key/;
/** Keys that hold such a word and say only which secret it is. */
const HARMLESS = new Set(["tokenname", "tokensha", "tokenid", "secretname", "secretid", "mcptokens"]);

/** Longer than any part of a shape that has to be seen whole. */
const LOOK_AHEAD = 1000;

/** Each takes a time that is linear in the text. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g, REDACTED],
  [/mcpctl_(?:pat|ses|gw|op|node)_[0-9A-Za-z_.]+/g, REDACTED],
  [/eyJ[\w-]{6,}(?:\.[\w-]*){0,4}/g, REDACTED],
  // "Bearer token required" is a sentence.
  [/\b(bearer)\s{1,10}(?!token\b)[^\s"',;]+/gi, `$1 ${REDACTED}`],
  [/:\/\/[^\s/@:]{0,190}:[^\s/@]{1,500}@/g, `://${REDACTED}@`],
  [
    /("?[\w-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|credential|api[-_]?key|private[-_]?key|access[-_]?key)[\w-]{0,40}(?:"\s{0,5}:\s{0,5}"|=))(?:\\.|[^\s"&;,'\\])+/gi,
    `$1${REDACTED}`,
  ],
];

/** Most text holds nothing of the kind: one look tells. */
const SUSPECT = /mcpctl_|eyJ|bearer|PRIVATE KEY|:\/\/|passw|passphrase|secret|token|credential|key/i;

/** Whether `redactText` leaves the text as it is but for its length: one look at many short texts put together is cheap. */
export function isUnsuspicious(text: string): boolean {
  return !SUSPECT.test(text);
}

/** The text without what looks like a credential, at most `maxLength` long with the mark of its cut. Linear in `maxLength`. */
export function redactText(text: string, maxLength = MAX_TEXT): string {
  // A credential that the cut goes through is seen whole.
  const seen = text.length > maxLength + LOOK_AHEAD ? text.slice(0, maxLength + LOOK_AHEAD) : text;
  const clean = SUSPECT.test(seen) ? SHAPES.reduce((rest, [shape, instead]) => rest.replace(shape, instead), seen) : seen;
  if (clean.length <= maxLength && seen.length === text.length) return clean;
  return clean.slice(0, Math.max(0, maxLength - CUT.length)) + CUT;
}

/** Whether a field of this name holds a secret: snake, camel and kebab case are one. */
export function isSecretKey(key: string): boolean {
  const plain = key.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return plain === "auth" || (SECRET_WORDS.test(plain) && !HARMLESS.has(plain));
}

/**
 * A copy that is plain JSON without secrets: at most 8 levels deep, 100 entries in each object or array, 2,000 in all,
 * 1,000 characters in each text; a mark stands where something was cut.
 */
export function redact(value: unknown): unknown {
  return copyOf(value, 0, { left: MAX_TOTAL });
}

interface Budget {
  left: number;
}

function copyOf(value: unknown, depth: number, budget: Budget): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (typeof value === "bigint") return redactText(String(value));
  if (typeof value !== "object" || value === null) return typeof value === "boolean" ? value : null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return CUT;
  return Array.isArray(value) ? arrayOf(value, depth, budget) : objectOf(value, depth, budget);
}

function arrayOf(items: readonly unknown[], depth: number, budget: Budget): unknown[] {
  const copy: unknown[] = [];
  for (const item of items) {
    if (copy.length >= MAX_ENTRIES || budget.left <= 0) return [...copy, CUT];
    budget.left -= 1;
    copy.push(copyOf(item, depth + 1, budget));
  }
  return copy;
}

function objectOf(value: object, depth: number, budget: Budget): unknown {
  const copy: [string, unknown][] = [];
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    if (copy.length >= MAX_ENTRIES || budget.left <= 0) {
      copy.push([CUT, true]);
      break;
    }
    budget.left -= 1;
    const field = (value as Record<string, unknown>)[key];
    const hidden = field !== null && field !== undefined && isSecretKey(key);
    if (field !== undefined) copy.push([redactText(key, MAX_KEY), hidden ? REDACTED : copyOf(field, depth + 1, budget)]);
  }
  // Defines its properties, so that a field called __proto__ is one like any other.
  return Object.fromEntries(copy);
}

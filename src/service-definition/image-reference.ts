import { oneLine } from "../core/one-line.ts";
import { invalidDefinition } from "./invalid-definition.ts";

/** The part before a tag and a digest, between slashes: the first may be a registry with a port. */
const FIRST = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const REGISTRY = /^[A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]{1,5})?$/;
const PART = /^[A-Za-z0-9._-]+$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[a-f0-9]{64}$/;
const MAX_LENGTH = 512;
/** An image by its id: what stands behind the colon is no tag. */
const ID = /^(?:sha256:)?[a-f0-9]{64}$/;

/** Throws `invalid`/`SERVICE_DEFINITION_INVALID`. */
export function parseImageReference(text: string): string {
  if (text.length <= MAX_LENGTH && isReference(text)) return text;
  throw invalidDefinition(
    `'${oneLine(text, 120)}' is no image`,
    "write it as registry.example.org/name:tag, with @sha256:… behind it to pin its content",
  );
}

/** As engines take them. No space and no leading `-`: it stands in an argument list. */
function isReference(text: string): boolean {
  const [tagged = "", digest, ...more] = text.split("@");
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return false;
  const parts = tagged.split("/");
  const [name = "", tag, ...rest] = (parts.pop() ?? "").split(":");
  if (rest.length > 0 || (tag !== undefined && !TAG.test(tag))) return false;
  const [registry, ...path] = parts;
  if (registry === undefined) return FIRST.test(name);
  return REGISTRY.test(registry) && [...path, name].every((part) => PART.test(part));
}

/** The tag of an image: `registry:5000/img:v1.2.0` gives `v1.2.0`. Empty where it has none. */
export function versionOfImage(reference: string): string {
  if (ID.test(reference)) return "";
  const [name = ""] = reference.split("@");
  const last = name.slice(name.lastIndexOf("/") + 1);
  const colon = last.indexOf(":");
  return colon < 0 ? "" : last.slice(colon + 1);
}

import { oneLine } from "../core/one-line.ts";
import { invalidDefinition } from "./invalid-definition.ts";

const UNITS: readonly (readonly [unit: string, bytes: number])[] = [
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
  ["TB", 1e12],
  ["GB", 1e9],
  ["MB", 1e6],
  ["KB", 1e3],
  ["B", 1],
];

const SIZE = /^(\d{1,16}(?:\.\d{1,3})?) ?([A-Za-z]{1,3})$/;

/** Bytes of `256MiB`, `1.5GiB`, `500MB` or `1048576B`. Throws `invalid`/`SERVICE_DEFINITION_INVALID`. */
export function parseByteSize(text: string): number {
  const match = SIZE.exec(text.trim());
  const unit = UNITS.find(([name]) => name.toLowerCase() === match?.[2]?.toLowerCase())?.[1];
  const bytes = unit === undefined ? Number.NaN : Number(match?.[1]) * unit;
  if (Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes);
  throw invalidDefinition(`'${oneLine(text, 60)}' is no size`, "write a number and a unit: 256MiB, 1.5GiB or 500MB");
}

/** The shortest text that `parseByteSize` reads as this many bytes, in units of 1024. */
export function formatByteSize(bytes: number): string {
  const [name, unit] = UNITS.find(([each, size]) => (each.endsWith("iB") || each === "B") && bytes > 0 && bytes % size === 0) ?? ["B", 1];
  return `${bytes / unit}${name}`;
}

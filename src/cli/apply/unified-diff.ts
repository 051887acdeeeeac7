const CONTEXT = 3;
/** Beyond so many cells of the table the whole middle counts as changed: 2,000 lines against 2,000. */
const MAX_CELLS = 4_000_000;

type Edit = { readonly mark: " " | "-" | "+"; readonly line: string };

/** A unified diff of two texts; empty where they are the same. */
export function unifiedDiff(fromName: string, toName: string, from: string, to: string): string {
  if (from === to) return "";
  const hunks = hunksOf(editsOf(linesOf(from), linesOf(to)));
  return `--- ${fromName}\n+++ ${toName}\n${hunks.join("")}`;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function editsOf(a: readonly string[], b: readonly string[]): Edit[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (lines: readonly string[]) => lines.map((line): Edit => ({ mark: " ", line }));
  const middle = middleEdits(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))];
}

/** By the longest common subsequence. */
function middleEdits(a: readonly string[], b: readonly string[]): Edit[] {
  if (a.length * b.length > MAX_CELLS) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  const cell = (row: number, column: number) => table[row * width + column] ?? 0;
  for (let row = a.length - 1; row >= 0; row--)
    for (let column = b.length - 1; column >= 0; column--)
      table[row * width + column] =
        a[row] === b[column] ? cell(row + 1, column + 1) + 1 : Math.max(cell(row + 1, column), cell(row, column + 1));
  const edits: Edit[] = [];
  let [row, column] = [0, 0];
  while (row < a.length && column < b.length) {
    if (a[row] === b[column]) {
      edits.push({ mark: " ", line: a[row] ?? "" });
      row += 1;
      column += 1;
    } else if (cell(row + 1, column) >= cell(row, column + 1)) edits.push(removed(a[row++] ?? ""));
    else edits.push(added(b[column++] ?? ""));
  }
  return [...edits, ...a.slice(row).map(removed), ...b.slice(column).map(added)];
}

function removed(line: string): Edit {
  return { mark: "-", line };
}

function added(line: string): Edit {
  return { mark: "+", line };
}

/** Changes with three lines around; those that touch are one hunk. */
function hunksOf(edits: readonly Edit[]): string[] {
  const changed = edits.flatMap((edit, at) => (edit.mark === " " ? [] : [at]));
  const ranges: { from: number; to: number }[] = [];
  for (const at of changed) {
    const last = ranges.at(-1);
    const [from, to] = [Math.max(0, at - CONTEXT), Math.min(edits.length, at + CONTEXT + 1)];
    if (last !== undefined && from <= last.to) last.to = to;
    else ranges.push({ from, to });
  }
  return ranges.map(({ from, to }) => hunk(edits, from, to));
}

function hunk(edits: readonly Edit[], from: number, to: number): string {
  const part = edits.slice(from, to);
  const count = (without: "+" | "-", list: readonly Edit[]) => list.filter(({ mark }) => mark !== without).length;
  const before = edits.slice(0, from);
  const range = (without: "+" | "-") => {
    const length = count(without, part);
    return `${count(without, before) + (length === 0 ? 0 : 1)}${length === 1 ? "" : `,${length}`}`;
  };
  return `@@ -${range("+")} +${range("-")} @@\n${part.map(({ mark, line }) => `${mark}${line}\n`).join("")}`;
}

import { oneLine } from "../core/one-line.ts";

const GAP = "  ";

/** Rows of cells as lines of columns, each as wide as its widest cell. Cells are made safe to print. Ends with a line end. */
export function alignTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => oneLine(cell)));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  return cells.map((row) => `${line(row)}\n`).join("");
}

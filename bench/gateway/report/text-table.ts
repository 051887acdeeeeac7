/** Lines with aligned columns: a column of figures to the right, any other to the left. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const columns = header.map((title, at) => {
    const cells = rows.map((row) => row[at] ?? "");
    const width = Math.max(...[title, ...cells].map((cell) => Bun.stringWidth(cell)));
    return { width, isFigures: cells.every((cell) => /^[-\d]/.test(cell)) };
  });
  const line = (row: readonly string[]) => columns.map((column, at) => padded(row[at] ?? "", column)).join("  ");
  return [header, ...rows].map((row) => line(row).trimEnd());
}

function padded(cell: string, column: { readonly width: number; readonly isFigures: boolean }): string {
  const space = " ".repeat(column.width - Bun.stringWidth(cell));
  return column.isFigures ? space + cell : cell + space;
}

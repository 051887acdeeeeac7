import { alignTable } from "./align-table.ts";
import { jsonText, type Output } from "./api-command.ts";
import type { Kind, Resource } from "./kinds/kind.ts";
import { refTextOf } from "./kinds/resource-ref.ts";

/** Resources of one kind in the format that was asked for. JSON and YAML hold them whole. */
export async function renderResources(kind: Kind, items: readonly Resource[], output: Exclude<Output, "json">, now: Date): Promise<string> {
  switch (output) {
    case "name":
      return items.map((item) => `${refTextOf(kind, item)}\n`).join("");
    case "yaml":
      return renderDocuments(kind, items);
    case "table":
    case "wide":
      return renderTable(kind, items, output === "wide", now);
  }
}

function renderTable(kind: Kind, items: readonly Resource[], wide: boolean, now: Date): string {
  if (items.length === 0) return "";
  const columns = kind.columns.filter((column) => wide || column.wide !== true);
  return alignTable([columns.map(({ header }) => header), ...items.map((item) => columns.map(({ cell }) => cell(item, now)))]);
}

/** Who asks for no YAML does not wait for what writes it to be loaded. */
async function renderDocuments(kind: Kind, items: readonly Resource[]): Promise<string> {
  const { yamlOf } = await import("./kinds/document.ts");
  return items.map((item) => yamlOf(kind, item)).join("---\n");
}

/** A list as the API gives it, its pages made one. */
export function renderListJson(items: readonly Resource[]): string {
  return jsonText({ items, nextCursor: null });
}

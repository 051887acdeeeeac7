type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: unknown;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: Json }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Json }> };
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, { readonly schema: Json }> }>;
}

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1f24; background: #fff }
  h2 { margin-top: 2.5rem; border-bottom: 1px solid #d0d7de }
  code, pre { font: 13px/1.45 ui-monospace, monospace }
  pre { background: #f6f8fa; padding: .75rem; overflow: auto }
  details { margin: .4rem 0; border: 1px solid #d0d7de; border-radius: 6px; padding: .4rem .75rem }
  summary { cursor: pointer } summary b { display: inline-block; min-width: 4rem }
  table { border-collapse: collapse } td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top }
  @media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 } pre { background: #161b22 } details, h2 { border-color: #30363d } a { color: #58a6ff } }
`;

/** A page of an OpenAPI document: no script, nothing from elsewhere. */
export function docsPage(document: Json): string {
  const { info, paths } = document as {
    info: { title: string; version: string; description: string };
    paths: Record<string, Record<string, Operation>>;
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? "");
  const sections = [...groups].map(
    ([tag, group]) =>
      `<h2 id="${text(tag)}">${text(tag)}</h2>\n${group.map(({ path, method, operation }) => operationHtml(path, method, operation)).join("\n")}`,
  );
  const contents = [...groups.keys()].map((tag) => `<a href="#${text(tag)}">${text(tag)}</a>`).join(" · ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text(info.title)} API</title><style>${STYLE}</style></head>
<body><h1>${text(info.title)} ${text(info.version)}</h1><p>${text(info.description)}</p>
<p>Credentials go into <code>Authorization: Bearer …</code>. A refusal is <code>{"error": {"code", "message", "trace_id", "reason"}}</code>. The same as a document for programs: <a href="openapi.json">openapi.json</a>.</p>
<p>${contents}</p>
${sections.join("\n")}
</body></html>
`;
}

function operationHtml(path: string, method: string, operation: Operation): string {
  const { parameters = [], requestBody, responses, summary, security } = operation;
  const rows = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<tr><td><code>${text(name)}</code></td><td>${text(place)}${required ? ", required" : ""}</td><td><code>${text(short(schema))}</code></td></tr>`,
  );
  const answers = Object.entries(responses).map(([status, { description }]) => `<tr><td>${status}</td><td>${text(description)}</td></tr>`);
  const reply = Object.values(responses).find(({ content }) => content !== undefined)?.content;
  return `<details><summary><b>${method.toUpperCase()}</b> <code>${text(path)}</code> — ${text(summary)}${security === undefined ? " <i>(open)</i>" : ""}</summary>
${rows.length === 0 ? "" : `<h4>Parameters</h4><table>${rows.join("")}</table>`}
${requestBody === undefined ? "" : `<h4>Body</h4>${schemaHtml(requestBody.content)}`}
<h4>Answers</h4><table>${answers.join("")}</table>
${reply === undefined ? "" : schemaHtml(reply)}</details>`;
}

function schemaHtml(content: Readonly<Record<string, { readonly schema: Json }>>): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<p><code>${text(type)}</code></p><pre>${text(JSON.stringify(schema, null, 2))}</pre>`)
    .join("");
}

function short(schema: Json): string {
  const { $schema: _, ...rest } = schema;
  return JSON.stringify(rest);
}

function text(raw: string): string {
  return raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** What a newcomer's client does with the demo project over a process it starts: [client].mjs MCPLOCAL URL, with the token in MCPCTL_TOKEN. */
export async function callDemoOverStdio(Client, StdioClientTransport, options) {
  const [, , command, url] = process.argv;
  const { MCPCTL_TOKEN, PATH } = process.env;
  const args = ["stdio", "--project", "demo", ...(url === undefined ? [] : ["--url", url])];
  const transport = new StdioClientTransport({ command, args, env: { MCPCTL_TOKEN, PATH }, stderr: "pipe" });
  const errors = [];
  const client = new Client({ name: "newcomer", version: "1.0.0" }, options);
  client.onerror = (error) => errors.push(String(error));
  await client.connect(transport);
  const { tools } = await client.listTools();
  const search = await client.callTool({ name: "content__evo.content.search", arguments: { limit: 3 } });
  const allowed = await client.callTool({ name: "files__list_allowed_directories", arguments: {} });
  const folder = allowed.content[0].text.trim().split("\n").at(-1);
  const read = await client.callTool({ name: "files__read_text_file", arguments: { path: `${folder}/welcome.txt` } });
  const many = await Promise.all(
    Array.from({ length: 50 }, (_, n) => client.callTool({ name: "content__evo.content.search", arguments: { limit: 1 + (n % 3) } })),
  );
  const { pid } = transport;
  await client.close();
  const runtime = process.versions.bun === undefined ? `node ${process.versions.node.split(".")[0]}` : "bun";
  const counts = many.map(({ structuredContent }) => structuredContent.items.length);
  const result = { runtime, pid, errors, tools: tools.map(({ name }) => name), search, read, counts, server: client.getServerVersion() };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

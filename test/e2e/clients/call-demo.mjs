/** What a newcomer's client does with the demo project, whichever SDK made it: lists the tools and calls one of each server. */
export async function callDemo(Client, Transport, options) {
  const url = new URL(process.argv[2]);
  const headers = { authorization: `Bearer ${process.env.MCPCTL_TOKEN}` };
  const posted = [];
  const transport = new Transport(url, {
    requestInit: { headers },
    fetch: (target, init) => {
      if (typeof init?.body === "string") posted.push(JSON.parse(init.body).method);
      return fetch(target, init);
    },
  });
  const client = new Client({ name: "newcomer", version: "1.0.0" }, options);
  await client.connect(transport);
  const { tools } = await client.listTools();
  const search = await client.callTool({ name: "content__evo.content.search", arguments: { limit: 3 } });
  const allowed = await client.callTool({ name: "files__list_allowed_directories", arguments: {} });
  const folder = allowed.content[0].text.trim().split("\n").at(-1);
  const read = await client.callTool({ name: "files__read_text_file", arguments: { path: `${folder}/welcome.txt` } });
  await client.close();
  const runtime = process.versions.bun === undefined ? `node ${process.versions.node.split(".")[0]}` : "bun";
  const result = { runtime, posted, tools: tools.map(({ name }) => name), search, read, server: client.getServerVersion() };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

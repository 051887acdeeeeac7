/** What a start has to tell. */
export interface Welcome {
  readonly api: string;
  /** The MCP endpoint of the demo project. */
  readonly url: string;
  /** Undefined where the demo project is no more. */
  readonly project: string | undefined;
  /** The raw demo token, where this start made one. */
  readonly token: string | undefined;
  /** The administrator, where this start gave the password. */
  readonly admin: { readonly username: string; readonly password: string } | undefined;
  /** How this program is called here. */
  readonly command: string;
}

/**
 * The text for a person. The raw token stands on a line of its own and nowhere else, so that a script finds it
 * by its prefix; what is to be pasted names the variable that holds it.
 */
export function welcomeText(welcome: Welcome): string {
  const { api, url, project, token, admin, command } = welcome;
  const sections = [`mcpctl is ready.\n\n  API       ${api}`];
  if (project !== undefined) sections.push(`  Endpoint  ${url}    (project ${project})`);
  if (admin !== undefined) sections.push(administratorSection(admin, api, command));
  if (project !== undefined) sections.push(tokenSection(token), pasteSection(url, command));
  return `${sections.join("\n")}\n`;
}

function administratorSection({ username, password }: NonNullable<Welcome["admin"]>, api: string, command: string): string {
  return `
  Administrator, shown this once:
    user      ${username}
    password  ${password}

  To make projects, tokens and more: ${command} login --url ${api} --username ${username}`;
}

function tokenSection(token: string | undefined): string {
  if (token === undefined) return "\n  Token: the one that an earlier start showed; a start with --new-token replaces it.";
  return `\n  Token for this endpoint, shown this once:\n\n${token}`;
}

function pasteSection(url: string, command: string): string {
  const client = { mcpServers: { mcpctl: { type: "http", url, headers: { Authorization: "Bearer $" + "{MCPCTL_TOKEN}" } } } };
  const snippet = JSON.stringify(client, null, 2).replaceAll(/^/gm, "    ");
  return `
  Keep the token in a variable, then try it:

    export MCPCTL_TOKEN=…
    ${command} test mcp ${url} --token "$MCPCTL_TOKEN"
    ${command} test mcp ${url} --token "$MCPCTL_TOKEN" --tool content__evo.content.search --args '{"limit":3}'

  Configuration for an MCP client:

${snippet}`;
}

import { expect, test } from "bun:test";
import { generateToken } from "../core/mcp-token.ts";
import { type Welcome, welcomeText } from "./welcome.ts";

const TOKEN = generateToken();

const FIRST: Welcome = {
  api: "http://127.0.0.1:3100",
  url: "http://127.0.0.1:3200/projects/demo/mcp",
  project: "demo",
  token: TOKEN,
  admin: { username: "admin", password: "shown-once" },
  command: "bin/mcpctl",
};

test("the token stands on a line of its own, the only line with its prefix", () => {
  const lines = welcomeText(FIRST).split("\n");
  expect(lines.filter((line) => line.includes("mcpctl_pat_"))).toEqual([TOKEN]);
});

test("a first start shows the endpoint, the administrator's password, a line to paste and a client's configuration", () => {
  const text = welcomeText(FIRST);
  expect(text).toContain(FIRST.api);
  expect(text).toMatch(/user +admin\n/);
  expect(text).toMatch(/password +shown-once\n/);
  expect(text).toContain(`bin/mcpctl login --url ${FIRST.api} --username admin\n`);
  expect(text).toContain(`bin/mcpctl test mcp ${FIRST.url} --token "$MCPCTL_TOKEN"\n`);
  const snippet = text.slice(text.indexOf('    {\n      "mcpServers"'));
  expect(JSON.parse(snippet)).toEqual({
    // biome-ignore lint/suspicious/noTemplateCurlyInString: clients read the variable when they start.
    mcpServers: { mcpctl: { type: "http", url: FIRST.url, headers: { Authorization: "Bearer ${MCPCTL_TOKEN}" } } },
  });
});

test("a later start shows no secret and says how to get a new token", () => {
  const text = welcomeText({ ...FIRST, token: undefined, admin: undefined });
  expect(text).not.toMatch(/mcpctl_pat_|password/);
  expect(text).toContain("--new-token");
  expect(text).toContain(FIRST.url);
});

test("without the demo project there is no endpoint to paste", () => {
  const text = welcomeText({ ...FIRST, project: undefined, token: undefined, admin: undefined });
  expect(text).toContain(FIRST.api);
  expect(text).not.toContain(FIRST.url);
});

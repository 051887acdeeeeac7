import { afterEach, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../../core/app-error.ts";
import { captureMcpctl } from "../captured-cli.fixture.ts";
import { type FakeCall, fakeApi, refuse } from "../fake-api.fixture.ts";
import type { CliDeps } from "../ports.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const PASSWORD = "correct horse battery";
const URL_HERE = "http://127.0.0.1:3100";

function setup(handlers: Readonly<Record<string, (call: FakeCall) => unknown>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-account-"));
  folders.push(folder);
  const config = join(folder, "below", "config.json");
  const login = ({ body }: FakeCall) => {
    if (body.password !== PASSWORD) throw refuse(401, "LOGIN_REFUSED", "Wrong user name or password");
    return { token: `mcpctl_ses_${String(body.username)}`, username: body.username, expiresAt: "2026-06-02T12:00:00.000Z" };
  };
  const api = fakeApi({}, { "auth.login": login, "auth.logout": () => undefined, ...handlers });
  const run = (argv: readonly string[], deps: Partial<CliDeps> = {}) =>
    captureMcpctl(argv, { fetch: api.fetch, ...deps, env: { MCPCTL_CONFIG: config, ...deps.env } });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  return { api, run, config, file, read: () => JSON.parse(readFileSync(config, "utf8")) };
}

const stdin = (text: string): Partial<CliDeps> => ({ readStdin: async () => text });
const LOGIN = ["login", "--url", URL_HERE, "--username", "ada", "--password-stdin"];

test("login saves the session in a file that only its owner can read, and later commands use it", async () => {
  const { api, run, config, read } = setup();
  expect(await run(LOGIN, stdin(`${PASSWORD}\n`))).toEqual({
    exitCode: 0,
    stdout: `Logged in to ${URL_HERE} as ada, until 2026-06-02T12:00:00.000Z (context 127.0.0.1-3100)\n`,
    stderr: "",
  });
  expect(statSync(config).mode & 0o777).toBe(0o600);
  expect(statSync(join(config, "..")).mode & 0o777).toBe(0o700);
  expect(read()).toEqual({
    current: "127.0.0.1-3100",
    contexts: { "127.0.0.1-3100": { url: URL_HERE, username: "ada", token: "mcpctl_ses_ada", expiresAt: "2026-06-02T12:00:00.000Z" } },
  });
  await run(["get", "groups"]);
  expect(api.calls.at(-1)).toMatchObject({ endpoint: "groups.list", bearer: "Bearer mcpctl_ses_ada" });
});

test("login asks for user name and password where somebody is there, and shows no password", async () => {
  const { run, api } = setup();
  const prompts: string[] = [];
  const ask = (answer: string) => async (prompt: string) => {
    prompts.push(prompt);
    return answer;
  };
  const run1 = await run(["login", "--url", URL_HERE], { isTerminal: true, readLine: ask("ada"), readPassword: ask(PASSWORD) });
  expect(run1.exitCode).toBe(0);
  expect(prompts).toEqual(["User name: ", "Password: "]);
  expect(api.calls[0]?.body).toEqual({ username: "ada", password: PASSWORD, client: "cli" });
  expect(run1.stdout + run1.stderr).not.toContain(PASSWORD);
});

test("login without a person reads user name and password file from the environment", async () => {
  const { run, file, api } = setup();
  const env = { MCPCTL_URL: URL_HERE, MCPCTL_USERNAME: "ci", MCPCTL_PASSWORD_FILE: file("password", `${PASSWORD}\n`) };
  expect(await run(["login"], { env })).toMatchObject({ exitCode: 0, stderr: "" });
  expect(api.calls[0]?.body).toMatchObject({ username: "ci", password: PASSWORD });
});

test("login without a person reads user name and password file from the configuration", async () => {
  const { run, file, api, read } = setup();
  const passwordFile = file("password", PASSWORD);
  await run([...LOGIN.slice(0, -1), "--password-file", passwordFile, "--context", "work"]);
  expect(read().contexts.work).toMatchObject({ username: "ada", passwordFile });
  await run(["logout"]);
  expect(await run(["login"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(api.calls.at(-1)?.body).toMatchObject({ username: "ada", password: PASSWORD });
  chmodSync(passwordFile, 0o644);
  expect((await run(["login"])).stderr).toContain("warning: others on this machine can read");
});

test("a password is no argument, and without one and without a person login says how to give it", async () => {
  const { run, api } = setup();
  const flag = await run([...LOGIN.slice(0, -1), "--password", "hunter2"]);
  expect(flag).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: unknown option '--password'\nhint: others can read the arguments of a process: pipe it in and add --password-stdin\n",
  });
  const joined = await run([...LOGIN.slice(0, -1), "--password=hunter2"]);
  expect(joined).toEqual(flag);
  expect((await run(LOGIN.slice(0, -1))).stderr).toContain("nobody to ask for it");
  expect((await run(["login", "--url", URL_HERE, "--password-stdin"], stdin(PASSWORD))).stderr).toContain("It is not known who logs in");
  expect((await run(["login"])).stderr).toContain("It is not known where to log in");
  expect(api.calls).toEqual([]);
});

test("a wrong password is exit code 1, and the configuration stays as it was", async () => {
  const { run, read } = setup();
  await run(LOGIN, stdin(PASSWORD));
  const before = read();
  expect(await run(LOGIN, stdin("wrong"))).toEqual({ exitCode: 1, stdout: "", stderr: "error: Wrong user name or password\n" });
  expect(read()).toEqual(before);
});

test("login warns where the password would cross a network without TLS", async () => {
  const { run } = setup();
  const { stderr } = await run(["login", "--url", "http://mcp.example.org", "--username", "ada", "--password-stdin"], stdin(PASSWORD));
  expect(stderr).toBe("warning: http://mcp.example.org has no TLS: passwords and tokens can be read on their way\n");
});

test("login without a URL is to the instance on this machine, else to the one before", async () => {
  const { run, api } = setup();
  const localInstance = () => ({ api: "http://127.0.0.1:4100", gateway: "http://127.0.0.1:4200" });
  const first = await run(["login", "--username", "ada", "--password-stdin"], { ...stdin(PASSWORD), localInstance });
  expect(first.stdout).toContain("Logged in to http://127.0.0.1:4100 as ada");
  const again = await run(["login", "--username", "jo", "--password-stdin"], stdin(PASSWORD));
  expect(again.stdout).toContain("Logged in to http://127.0.0.1:4100 as jo");
  expect(api.calls).toHaveLength(2);
});

test("logout ends the session at mcpd and forgets it; one that has ended already is forgotten too", async () => {
  const { run, api, read } = setup();
  await run(LOGIN, stdin(PASSWORD));
  expect(await run(["logout"])).toMatchObject({ exitCode: 0, stdout: `Logged out of ${URL_HERE} (context 127.0.0.1-3100)\n` });
  expect(api.calls.at(-1)).toMatchObject({ endpoint: "auth.logout", bearer: "Bearer mcpctl_ses_ada" });
  expect(read().contexts["127.0.0.1-3100"]).toEqual({ url: URL_HERE, username: "ada" });
  expect((await run(["logout"])).stdout).toContain("Not logged in");

  const ended = setup({ "auth.logout": () => refuse(401, "SESSION_ENDED", "The session has ended") });
  await ended.run(LOGIN, stdin(PASSWORD));
  expect(await ended.run(["logout"])).toMatchObject({ exitCode: 0 });
  expect(ended.read().contexts["127.0.0.1-3100"]).not.toHaveProperty("token");
});

test("contexts are listed, chosen, shown without their session, and forgotten", async () => {
  const { run, api } = setup();
  await run([...LOGIN, "--context", "home"], stdin(PASSWORD));
  await run(["login", "--url", "https://work.example.org", "--username", "jo", "--password-stdin", "--context", "work"], stdin(PASSWORD));
  expect((await run(["context", "list"])).stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["", "NAME", "URL", "USER", "SESSION ENDS"],
    ["", "home", URL_HERE, "ada", "in 24h"],
    ["*", "work", "https://work.example.org", "jo", "in 24h"],
    [""],
  ]);
  await run(["context", "use", "home"]);
  await run(["get", "groups"]);
  expect(api.calls.at(-1)?.bearer).toBe("Bearer mcpctl_ses_ada");
  await run(["--context", "work", "get", "groups"]);
  expect(api.calls.at(-1)?.bearer).toBe("Bearer mcpctl_ses_jo");
  await run(["get", "groups", "--context", "work"]);
  expect(api.calls.at(-1)?.bearer).toBe("Bearer mcpctl_ses_jo");
  const shown = await run(["context", "show"]);
  expect(JSON.parse(shown.stdout)).toEqual({
    name: "home",
    url: URL_HERE,
    username: "ada",
    expiresAt: "2026-06-02T12:00:00.000Z",
    loggedIn: true,
  });
  expect((await run(["context", "list", "-o", "json"])).stdout).not.toContain("mcpctl_ses_");
  expect(await run(["context", "delete", "home"])).toMatchObject({ exitCode: 0, stdout: "context/home deleted\n" });
  expect(await run(["context", "use", "home"])).toMatchObject({ exitCode: 1 });
  expect(await run(["context", "use", "wrok"])).toMatchObject({ exitCode: 1 });
});

test("a configuration that is not ours is not written over, and one that others can read is warned of", async () => {
  const { run, config } = setup();
  await run(LOGIN, stdin(PASSWORD));
  chmodSync(config, 0o644);
  expect((await run(["get", "groups"])).stderr).toContain("warning: others on this machine can read");
  writeFileSync(config, "{");
  expect(await run(LOGIN, stdin(PASSWORD))).toMatchObject({ exitCode: 1, stdout: "" });
  expect(readFileSync(config, "utf8")).toBe("{");
});

test("the configuration lies in $XDG_CONFIG_HOME, else in ~/.config", async () => {
  const { run, config } = setup();
  const home = join(config, "..", "..");
  for (const [env, path] of [
    [{ HOME: home }, join(home, ".config/mcpctl/config.json")],
    [{ HOME: home, XDG_CONFIG_HOME: join(home, "xdg") }, join(home, "xdg/mcpctl/config.json")],
  ] as const) {
    await run(LOGIN, { ...stdin(PASSWORD), env: { ...env, MCPCTL_CONFIG: "" } });
    expect(statSync(path).isFile()).toBe(true);
  }
});

const ME = {
  principal: { kind: "user", id: "usr_1", name: "ada" },
  roles: ["view"],
  groups: ["dev"],
  scopes: ["mcp:read"],
  bindings: [{ binding: { role: "edit", resource: "servers", name: "docs" }, source: "developers (group dev)" }],
  expiresAt: "2026-06-02T12:00:00.000Z",
};

test("whoami says who, where, until when, and what may be done by which definition", async () => {
  const { run } = setup({ "auth.whoami": () => ME });
  await run(LOGIN, stdin(PASSWORD));
  const { stdout } = await run(["whoami"]);
  expect(stdout).toBe(
    [
      `User ada at ${URL_HERE} (context 127.0.0.1-3100)`,
      "Roles:    view",
      "Groups:   dev",
      "Expires:  2026-06-02T12:00:00.000Z (in 24h)",
      "May:",
      "  role:edit,resource:servers,name:docs (developers (group dev))",
      "",
    ].join("\n"),
  );
  expect(JSON.parse((await run(["whoami", "-o", "json"])).stdout)).toEqual(ME);
});

test("user password asks for the current one and twice for the new one", async () => {
  const { run, api } = setup({ "auth.password": () => undefined });
  await run(LOGIN, stdin(PASSWORD));
  const answers = [PASSWORD, "a new long password", "a new long password"];
  const run1 = await run(["user", "password"], { isTerminal: true, readPassword: async () => answers.shift() ?? "" });
  expect(run1).toMatchObject({ exitCode: 0, stderr: "" });
  expect(api.calls.at(-1)?.body).toEqual({ current: PASSWORD, next: "a new long password" });
  const different = [PASSWORD, "a new long password", "another long password"];
  const run2 = await run(["user", "password"], { isTerminal: true, readPassword: async () => different.shift() ?? "" });
  expect(run2).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run2.stderr).toContain("The two are not the same");
});

test("user password --password-stdin: two lines for one's own, one for another's", async () => {
  const { run, api } = setup({ "auth.password": () => undefined });
  api.tables.users.push({
    id: "usr_1",
    username: "jo",
    email: null,
    roles: [],
    disabled: false,
    hasPassword: true,
    version: 1,
    createdAt: "2026-06-01T10:00:00.000Z",
    updatedAt: "2026-06-01T10:00:00.000Z",
  });
  await run(LOGIN, stdin(PASSWORD));
  await run(["user", "password", "--password-stdin"], stdin(`${PASSWORD}\na new long password\n`));
  expect(api.calls.at(-1)).toMatchObject({ endpoint: "auth.password", body: { current: PASSWORD, next: "a new long password" } });
  expect((await run(["user", "password", "jo", "--password-stdin"], stdin("a new long password\n"))).stdout).toBe(
    "user/jo has a new password\n",
  );
  expect(api.calls.at(-1)).toMatchObject({ endpoint: "users.update", params: { id: "jo" }, body: { password: "a new long password" } });
  expect(await run(["user", "password", "--password-stdin"], stdin("one line\n"))).toMatchObject({ exitCode: 2 });
  expect(await run(["user", "password"])).toMatchObject({ exitCode: 2 });
});

test("session list shows log-ins, and session revoke ends them", async () => {
  const session = {
    id: "ses_1",
    username: "ada",
    client: "cli",
    createdAt: "2026-06-01T10:00:00.000Z",
    lastUsedAt: "2026-06-01T11:00:00.000Z",
    expiresAt: "2026-06-02T12:00:00.000Z",
    address: "10.0.0.9",
    userAgent: null,
    current: true,
  };
  const { run, api } = setup({
    "sessions.list": () => ({ items: [session] }),
    "sessions.delete": ({ params }) => (params.id === "ses_2" ? refuse(404, "SESSION_UNKNOWN", "There is no session ses_2") : undefined),
  });
  await run(LOGIN, stdin(PASSWORD));
  const { stdout } = await run(["session", "list", "--user", "ada"]);
  expect(stdout).toMatch(/\* {2}ses_1 {2}ada {3}cli {5}120m ago {2}60m ago {4}in 24h {2}10\.0\.0\.9\n$/);
  expect(api.calls.at(-1)?.query).toEqual({ user: "ada" });
  expect(await run(["session", "revoke", "ses_1", "ses_2"])).toEqual({
    exitCode: 3,
    stdout: "session/ses_1 ended\n",
    stderr: "error: There is no session ses_2\n",
  });
});

const FLEET = '[mcias]\nserver_url = "http://127.0.0.1:3100"\n[auth]\ntoken_path = "/run/mcp/token"\n';

/** Where tokens for agents come from and go to. */
function agentLogin(refusal?: AppError) {
  const asked: string[] = [];
  const saved: string[] = [];
  const agentTokens: CliDeps["agentTokens"] = {
    logIn: async (url, username, password) => {
      asked.push(`${url} ${username} ${password}`);
      if (refusal !== undefined) throw refusal;
      return "the-jwt";
    },
    load: async () => "",
    save: async (path, token) => void saved.push(`${path} ${token}`),
  };
  return { asked, saved, agentTokens };
}

test("login also gets the token that agents want, and saves it where the fleet's configuration says", async () => {
  const { run, file } = setup();
  const { asked, saved, agentTokens } = agentLogin();
  const env = { MCP_CONFIG: file("mcp.toml", FLEET) };
  const { exitCode, stdout } = await run(LOGIN, { ...stdin(PASSWORD), agentTokens, env });
  expect(exitCode).toBe(0);
  expect(stdout).toEndWith("\nThe token for agents is in /run/mcp/token\n");
  expect([asked, saved]).toEqual([[`${URL_HERE} ada ${PASSWORD}`], ["/run/mcp/token the-jwt"]]);
});

test("login without a person reads user name and password file from the fleet's configuration", async () => {
  const { run, file, api } = setup();
  const { saved, agentTokens } = agentLogin();
  const config = FLEET.replace("[auth]", `[auth]\nusername = "ci"\npassword_file = "${file("password", PASSWORD)}"`);
  expect(await run(["login"], { agentTokens, env: { MCP_CONFIG: file("mcp.toml", config) } })).toMatchObject({ exitCode: 0 });
  expect(api.calls[0]?.body).toMatchObject({ username: "ci", password: PASSWORD });
  expect(saved).toEqual(["/run/mcp/token the-jwt"]);
});

test("the fleet's password goes to its identity provider and to nobody else, and no other server gets its token", async () => {
  const { run, file, api } = setup();
  const { asked, agentTokens } = agentLogin();
  const config = `${FLEET}username = "ci"\npassword_file = "${file("password", PASSWORD)}"\n`.replace("127.0.0.1:3100", "id.example.org");
  const env = { MCP_CONFIG: file("mcp.toml", config) };
  expect(await run(["login", "--url", URL_HERE], { agentTokens, env })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("who logs in"),
  });
  expect(api.calls).toEqual([]);
  await run(LOGIN, { ...stdin(PASSWORD), agentTokens, env });
  expect(asked).toEqual([]);
});

test("another identity provider than mcpd gives the token for agents, and no session", async () => {
  const notThere = () => {
    throw refuse(404, "NOT_FOUND", "nothing here");
  };
  const { run, file, config } = setup({ "auth.login": notThere });
  const { saved, agentTokens } = agentLogin();
  const { exitCode, stdout } = await run(LOGIN, { ...stdin(PASSWORD), agentTokens, env: { MCP_CONFIG: file("mcp.toml", FLEET) } });
  expect([exitCode, stdout]).toEqual([0, "The token for agents is in /run/mcp/token\n"]);
  expect(saved).toHaveLength(1);
  expect(() => readFileSync(config)).toThrow();
});

test("where mcpd gives no token for agents, the session is kept and it is said", async () => {
  const { run, file, read } = setup();
  const { agentTokens } = agentLogin(new AppError("denied", "ROLE_REQUIRED", "ada has no role on agents"));
  const env = { MCP_CONFIG: file("mcp.toml", FLEET) };
  const { exitCode, stderr } = await run(LOGIN, { ...stdin(PASSWORD), agentTokens, env });
  expect([exitCode, stderr]).toEqual([0, "warning: There is no token for agents: ada has no role on agents\n"]);
  expect(read().current).toBe("127.0.0.1-3100");
});

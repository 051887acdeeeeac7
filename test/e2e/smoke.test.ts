/** `npm run smoke`, as it is run against an installation. */
import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { testFiles } from "../../scripts/test-run/stages.ts";
import { runProgram } from "../support/run-program.ts";
import { GatewayProcess } from "./support/gateway-process.ts";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { type Ready, ROOT } from "./support/up-process.ts";

const SMOKE = "test/smoke/mcptoken.smoke.test.ts";
const TITLES = [
  "a token opens its project",
  "a token does not open another project: exit 1, with 403",
  "a tool that is missing breaks the contract: exit 2",
  "a deleted token is refused once the answer about it has grown old: exit 1, with 401",
];
const LIMIT_MS = 120_000;
const scratch = new Scratch("smoke");

/** What the tests said: the lines of each that passed, failed or was left out. */
async function smoke(env: Readonly<Record<string, string | undefined>>) {
  const command = ["sh", join(ROOT, "scripts/bun.sh"), "test", "--timeout=90000", `./${SMOKE}`];
  const { exitCode, stderr } = await runProgram(command, { cwd: ROOT, env });
  const of = (kind: string) =>
    [...stderr.matchAll(new RegExp(`^\\(${kind}\\) (.*?)(?: \\[[\\d.]+m?s\\])?$`, "gm"))].map(([, title]) => title);
  return { exitCode, stderr, passed: of("pass"), failed: of("fail"), skipped: of("skip") };
}

describe("the smoke test of tokens", () => {
  let ready: Ready;
  let admin: RestCaller;
  const config = () => ({ MCPCTL_CONFIG: scratch.path("config.json"), MCPCTL_TOKEN: undefined, REQUIRE_ALL: undefined });

  beforeAll(async () => {
    ready = await scratch.upWithReadyFile("up").ready();
    const { username = "", password = "" } = ready.admin ?? {};
    const login = ["login", "--url", ready.api, "--username", username, "--password-stdin"];
    expect(await scratch.run("mcpctl", login, config(), `${password}\n`)).toMatchObject({ exitCode: 0 });
    admin = await RestCaller.logIn(ready);
  }, LIMIT_MS);

  const projects = async () => (await admin.send("GET", "/projects")).items.map(({ name }: { readonly name: string }) => name);

  test(
    "passes against mcpctl up, and deletes both of its projects",
    async () => {
      const before = await projects();
      expect(await smoke({ ...config(), MCPGW_URL: ready.gateway })).toMatchObject({
        exitCode: 0,
        passed: TITLES,
        failed: [],
        skipped: [],
      });
      expect(await projects()).toEqual(before);
    },
    LIMIT_MS,
  );

  test(
    "passes against a gateway apart from mcpd, which hears of nothing by itself",
    async () => {
      const env = { MCP_MULTIUSER_MODE: "true", MCPLOCAL_TOKEN_POSITIVE_TTL_MS: "5000" };
      await using gateway = new GatewayProcess(ready.api, env);
      expect(await smoke({ ...config(), MCPGW_URL: `${await gateway.ready()}/` })).toMatchObject({ exitCode: 0, passed: TITLES });
    },
    LIMIT_MS,
  );

  test(
    "fails where mcpctl may make no project there, and leaves nothing behind",
    async () => {
      const before = await projects();
      const { exitCode, passed } = await smoke({ ...config(), MCPCTL_CONFIG: scratch.path("nobody.json"), MCPGW_URL: ready.gateway });
      expect([exitCode === 0, passed]).toEqual([false, []]);
      expect(await projects()).toEqual(before);
    },
    LIMIT_MS,
  );

  test("is skipped with a warning where no gateway answers, and is a failure where nothing may be skipped", async () => {
    for (const MCPGW_URL of ["", "http://127.0.0.1:9"]) {
      const { exitCode, stderr, passed, skipped } = await smoke({ ...config(), MCPGW_URL });
      expect([exitCode, passed, skipped.length]).toEqual([0, [], TITLES.length]);
      expect(stderr).toContain("warning: every smoke test is skipped: no gateway to smoke: ");
    }
    expect(await smoke({ ...config(), MCPGW_URL: "", REQUIRE_ALL: "1" })).toMatchObject({ exitCode: 1 });
  });

  test("is no part of npm test, and is what npm run smoke runs", () => {
    expect([...testFiles("unit"), ...testFiles("e2e")]).not.toContain(SMOKE);
    expect(manifest.scripts.smoke).toContain(`./${SMOKE}`);
  });
});

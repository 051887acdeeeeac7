import { describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, DEFAULT_CONFIG, isOtherThanFile, parseConfig, readConfig, rereadConfig } from "./config-file.ts";
import { DEFAULT_SCOPE_MAP, GATEWAY_DEFAULTS } from "./gateway-config.fixture.ts";
import { DEFAULT_RESILIENCE } from "./resilience-config.ts";

const ALL_KEYS = `
[stdio]
enabled = false
commands = ["npx", "/opt/tools/search"]

[audit]
retention_days = 30

[security]
enable_write_tools = true

[auth]
jwt_mode = true
own_origins = ["https://mcpd.example.org", "http://localhost:8080"]

[[auth.oidc]]
issuer = "https://login.example.org/realm"
audience = "mcpctl"
algorithm = "RS256"
jwks_url = "https://login.example.org/keys"
email_claim = "mail"
groups_claim = "groups"
scopes_claim = "scp"

[[auth.oidc]]
issuer = "https://other.example.org"
audience = "mcpctl"
algorithm = "EdDSA"

[log]
level = "info"

[metrics]
listen = "127.0.0.1:9464"

[tracing]
endpoint = "http://127.0.0.1:4318"
service_name = "edge"
sample_ratio = 0.25

[drain]
limit_ms = 2500
`;

const ISSUER = 'issuer = "https://login.example.org"\naudience = "mcpctl"\nalgorithm = "RS256"\n';

/** What the text is refused with; a text that is taken fails the test. */
function refusal(text: string): { code: string; reason: string; message: string; hint: string | undefined } {
  try {
    parseConfig(text, "mcpd.toml");
  } catch (thrown) {
    const { code, reason, message, hint } = thrown as { code: string; reason: string; message: string; hint: string | undefined };
    return { code, reason, message, hint };
  }
  throw new Error(`it was taken: ${text}`);
}

async function withFile(content: string | Uint8Array, run: (path: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-config-"));
  try {
    const path = join(folder, "mcpd.toml");
    await writeFile(path, content);
    run(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("defaults", () => {
  const expected: Config = {
    stdio: {},
    audit: { retention_days: 90 },
    ...GATEWAY_DEFAULTS,
    ...DEFAULT_RESILIENCE,
    auth: { jwt_mode: false, own_origins: [], oidc: [], scope_map: DEFAULT_SCOPE_MAP },
    log: { level: "warn" },
    metrics: {},
    tracing: {},
    drain: { limit_ms: 10_000 },
  };
  test("hold where no file is named", () => {
    expect(readConfig(undefined)).toEqual(expected);
    expect(DEFAULT_CONFIG).toEqual(expected);
  });
  test.each(["", "# nothing yet\n", "[stdio]\n[audit]\n[security]\n[auth]\n[log]\n[metrics]\n[tracing]\n[drain]\n"])(
    "hold for what a file leaves out: %j",
    (text) => {
      expect(parseConfig(text, "mcpd.toml")).toEqual(expected);
    },
  );
});

test("a file may hold every key", async () => {
  await withFile(ALL_KEYS, (path) => {
    expect(readConfig(path)).toEqual({
      ...DEFAULT_RESILIENCE,
      stdio: { enabled: false, commands: ["npx", "/opt/tools/search"] },
      audit: { retention_days: 30 },
      ...GATEWAY_DEFAULTS,
      security: { ...GATEWAY_DEFAULTS.security, enable_write_tools: true },
      auth: {
        jwt_mode: true,
        own_origins: ["https://mcpd.example.org", "http://localhost:8080"],
        oidc: [
          {
            issuer: "https://login.example.org/realm",
            audience: "mcpctl",
            algorithm: "RS256",
            jwksUrl: "https://login.example.org/keys",
            emailClaim: "mail",
            groupsClaim: "groups",
            scopesClaim: "scp",
          },
          { issuer: "https://other.example.org", audience: "mcpctl", algorithm: "EdDSA", emailClaim: "email" },
        ],
        scope_map: DEFAULT_SCOPE_MAP,
      },
      log: { level: "info" },
      metrics: { listen: "127.0.0.1:9464" },
      tracing: { endpoint: "http://127.0.0.1:4318", service_name: "edge", sample_ratio: 0.25 },
      drain: { limit_ms: 2500 },
    });
  });
});

describe("a key that there is not is refused, with the nearest of its table in the hint", () => {
  const cases: readonly (readonly [text: string, key: string, meant: string | undefined])[] = [
    ["[sdtio]", "sdtio", "stdio"],
    ["audits = 1", "audits", "audit"],
    ["zzzzzz = 1", "zzzzzz", undefined],
    ["[stdio]\nenable = true", "stdio.enable", "enabled"],
    ["[stdio]\ncomands = []", "stdio.comands", "commands"],
    ["[audit]\nretention = 1", "audit.retention", "retention_days"],
    ["[security]\nenable_write_tool = true", "security.enable_write_tool", "enable_write_tools"],
    ["[auth]\njwtmode = true", "auth.jwtmode", "jwt_mode"],
    ["[log]\nlevle = 'info'", "log.levle", "level"],
    ["[metrics]\nlisten_on = 1", "metrics.listen_on", "listen"],
    ["[tracing]\nsample = 1", "tracing.sample", "sample_ratio"],
    ["[drain]\nlimit = 1", "drain.limit", "limit_ms"],
    [`[[auth.oidc]]\n${ISSUER}group_claim = "groups"`, "auth.oidc.0.group_claim", "groups_claim"],
    [`[[auth.oidc]]\n${ISSUER}[[auth.oidc]]\n${ISSUER}jwksUrl = "https://x.example"`, "auth.oidc.1.jwksUrl", "jwks_url"],
    ["[__proto__]\nx = 1", "__proto__", undefined],
    ["[audit.constructor]\nx = 1", "audit.constructor", undefined],
  ];
  test.each(cases)("%j", (text, key, meant) => {
    expect(refusal(text)).toEqual({
      code: "invalid",
      reason: "CONFIG_INVALID",
      message: `mcpd.toml: there is no key '${key}'`,
      hint: meant === undefined ? undefined : `did you mean '${meant}'?`,
    });
  });
  test("its control characters stay out of the message", () => {
    expect(refusal('"\\u001b[31m\\nred" = 1').message).toBe("mcpd.toml: there is no key '[31m red'");
  });
});

describe("a value of another type or out of range is refused by its key", () => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ["stdio = true", /^mcpd\.toml: stdio: .*expected object/],
    ["[stdio]\nenabled = 1", /^mcpd\.toml: stdio\.enabled: .*expected boolean/],
    ['[stdio]\ncommands = "npx"', /^mcpd\.toml: stdio\.commands: .*expected array/],
    ['[stdio]\ncommands = ["npx", ""]', /^mcpd\.toml: stdio\.commands\.1: /],
    ['[audit]\nretention_days = "90"', /^mcpd\.toml: audit\.retention_days: .*expected number/],
    ["[audit]\nretention_days = 1.5", /^mcpd\.toml: audit\.retention_days: .*expected int/],
    ["[audit]\nretention_days = -1", /^mcpd\.toml: audit\.retention_days: /],
    ["[audit]\nretention_days = 36501", /^mcpd\.toml: audit\.retention_days: /],
    ["[audit]\nretention_days = 2026-01-01", /^mcpd\.toml: audit\.retention_days: /],
    ["[security]\nenable_write_tools = 'yes'", /^mcpd\.toml: security\.enable_write_tools: .*expected boolean/],
    ["[auth]\njwt_mode = 'on'", /^mcpd\.toml: auth\.jwt_mode: .*expected boolean/],
    ["[auth]\noidc = {}", /^mcpd\.toml: auth\.oidc: .*expected array/],
    ["[log]\nlevel = 'loud'", /^mcpd\.toml: log\.level: .*"warn"/],
    ["[metrics]\nlisten = 9464", /^mcpd\.toml: metrics\.listen: .*expected string/],
    ["[tracing]\nsample_ratio = 1.5", /^mcpd\.toml: tracing\.sample_ratio: /],
    ["[drain]\nlimit_ms = -1", /^mcpd\.toml: drain\.limit_ms: /],
    ["[drain]\nlimit_ms = 600001", /^mcpd\.toml: drain\.limit_ms: /],
    [
      "[auth]\nown_origins = ['mcpd.example.org']",
      /^mcpd\.toml: auth\.own_origins\.0: must be an origin such as https:\/\/mcpd\.example\.org$/,
    ],
    ["[auth]\nown_origins = ['https://mcpd.example.org/']", /^mcpd\.toml: auth\.own_origins\.0: must be an origin/],
  ];
  test.each(cases)("%j", (text, message) => {
    const { code, reason, message: given } = refusal(text);
    expect([code, reason, given]).toEqual(["invalid", "CONFIG_INVALID", expect.stringMatching(message)]);
  });
});

describe("a trusted issuer is refused", () => {
  const cases: readonly (readonly [title: string, entry: string, message: RegExp])[] = [
    ["over http", ISSUER.replace("https:", "http:"), /auth\.oidc\.0\.issuer: must be an https URL$/],
    ["with a query", ISSUER.replace(".org", ".org?x=1"), /auth\.oidc\.0\.issuer: must have no query, fragment or user$/],
    ["with keys over http", `${ISSUER}jwks_url = "http://login.example.org/keys"`, /auth\.oidc\.0\.jwks_url: must be an https URL$/],
    ["with an algorithm by which verifiers could sign", ISSUER.replace("RS256", "HS256"), /auth\.oidc\.0\.algorithm: .*"RS256"/],
    ["with no algorithm at all", ISSUER.replace("RS256", "none"), /auth\.oidc\.0\.algorithm: /],
    ["without an audience", ISSUER.replace(/audience.*\n/, ""), /auth\.oidc\.0\.audience: /],
    ["twice", `${ISSUER}[[auth.oidc]]\n${ISSUER}`, /auth\.oidc: must name each issuer once$/],
  ];
  test.each(cases)("%s", (_title, entry, message) => {
    expect(refusal(`[[auth.oidc]]\n${entry}`)).toMatchObject({ reason: "CONFIG_INVALID", message: expect.stringMatching(message) });
  });
});

describe("what is no TOML is refused with file, line and column", () => {
  const cases: readonly (readonly [text: string, place: string])[] = [
    ["[stdio\nenabled = true", "1:"],
    ["[stdio]\nenabled = yes", "2:11"],
    ["[audit]\nretention_days = 1\nretention_days = 2", "3:1"],
    ["[audit]\n\nretention_days = 99999999999999999999", "3:18"],
  ];
  test.each(cases)("%j", (text, place) => {
    const { code, reason, message } = refusal(text);
    expect([code, reason]).toEqual(["invalid", "CONFIG_INVALID"]);
    expect(message).toStartWith(`mcpd.toml:${place}`);
    expect(message).toMatch(/^mcpd\.toml:\d+:\d+: \S/);
    expect(message).not.toContain("\n");
  });
});

test("a file that is not there, or is a folder, is named with the cause", () => {
  for (const [path, why] of [
    [join(tmpdir(), "mcpctl-no-such-file.toml"), "ENOENT"],
    [tmpdir(), "EISDIR"],
  ] as const) {
    expect(() => readConfig(path)).toThrow(
      expect.objectContaining({
        code: "not_found",
        reason: "CONFIG_UNREADABLE",
        message: `The configuration ${path} cannot be read: ${why}`,
      }),
    );
  }
});

test("a file of 256 KiB is read, and a larger one refused, by its bytes", async () => {
  const comment = (bytes: number) => `#${"é".repeat((bytes - 2) / 2)}\n`;
  await withFile(comment(256 * 1024), (path) => expect(readConfig(path)).toEqual(DEFAULT_CONFIG));
  await withFile(comment(256 * 1024 + 2), (path) =>
    expect(() => readConfig(path)).toThrow(expect.objectContaining({ reason: "CONFIG_INVALID", message: `${path} is over 256 KiB` })),
  );
});

describe("a file that is read again", () => {
  test.each(["", " \n\t\n"])("is refused where nothing is in it yet: %j", async (text) => {
    await using file = await fileWith(text);
    expect(readConfig(file.path)).toEqual(DEFAULT_CONFIG);
    expect(() => rereadConfig(file.path)).toThrow(`${file.path} is empty`);
  });

  test("is refused where it is none any more", async () => {
    await using file = await fileWith("");
    await rm(file.path);
    expect(() => rereadConfig(file.path)).toThrow(expect.objectContaining({ reason: "CONFIG_UNREADABLE" }));
    await mkdir(file.path);
    expect(() => rereadConfig(file.path)).toThrow(expect.objectContaining({ reason: "CONFIG_INVALID" }));
    expect(isOtherThanFile(file.path)).toBe(true);
  });

  test("is what it says", async () => {
    await using file = await fileWith("[drain]\nlimit_ms = 1\n");
    expect(rereadConfig(file.path)).toEqual({ ...DEFAULT_CONFIG, drain: { limit_ms: 1 } });
    expect(isOtherThanFile(file.path)).toBe(false);
  });
});

async function fileWith(text: string) {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-reread-"));
  const path = join(folder, "mcpctl.toml");
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Security rule 10: what people write as patterns, and what servers give as templates, is matched in a time that is linear
 * in the text it is compared with (CVE-2026-0621: a template that a server gave kept its client busy for ever).
 *
 * Nothing here looks at a clock: steps are counted, or a matcher that goes back and forth would not end within the test.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { serverPolicySchema } from "../../src/api/server-policy.ts";
import { type GlobText, matchesGlob } from "../../src/core/glob.ts";
import { mayMatchTemplate } from "../../src/gateway/catalog/uri-template.ts";
import { initialized, openGateway } from "../../src/gateway/gateway.fixture.ts";
import { compileScopes } from "../../src/gateway/policy/scope-map.ts";
import { ScriptedServer, toolText } from "../../src/gateway/scripted-upstream.fixture.ts";
import { tokenize } from "../architecture/tokenize.ts";

/** Patterns on which a matcher that tries every split needs more steps than there is time. */
const EVIL = ["*a".repeat(50), `${"*a".repeat(50)}b`, `${"*".repeat(100)}b`, `${"*?".repeat(50)}b`, `*${"a".repeat(99)}b`, "a*".repeat(99)];

/** A text that counts how often it is looked at. */
function counted(text: string): GlobText & { looks: number } {
  return {
    looks: 0,
    length: text.length,
    charCodeAt(at) {
      this.looks += 1;
      return text.charCodeAt(at);
    },
  };
}

describe("security rule 10: a pattern of a user's", () => {
  test.each(EVIL)("%j takes twice the steps for twice the text, and no more", (pattern) => {
    const looks = (length: number) => {
      const [text, read] = [counted("a".repeat(length)), counted(pattern)];
      matchesGlob(read, text);
      return text.looks + read.looks;
    };
    const [short, long] = [looks(4000), looks(8000)];
    expect(long).toBeLessThanOrEqual(2.1 * short);
    // And of the pattern: never more than its length times the text's, with some looks at each.
    expect(long).toBeLessThanOrEqual(4 * 8001 * (pattern.length + 1));
  });

  test("is compared with names and methods of any length, at each place where one may be written", async () => {
    const server = new ScriptedServer({ lists: { tools: [toolText("a"), toolText("a".repeat(100_000))] } });
    await using gateway = await openGateway({
      servers: { one: server },
      policy: {
        denyTools: EVIL,
        allowServers: [...EVIL, "*"],
        scopes: compileScopes([
          ...EVIL.map((pattern) => [pattern, "mcp:admin"] as const),
          ["tools/*", "mcp:read"],
          ["initialize", "mcp:read"],
        ]),
        rates: { perMinute: 600, methods: Object.fromEntries(EVIL.map((pattern) => [pattern, 1000])) },
      },
      policies: { one: { denyTools: EVIL, rateLimits: Object.fromEntries(EVIL.map((pattern) => [pattern, 1000])) } },
    });
    const client = await initialized(gateway, { token: gateway.control.issue("demo", { scopes: ["mcp:read", "mcp:call", "mcp:admin"] }) });
    const long = "a".repeat(120_000);
    expect((await client.send(long)).status).toBe(200);
    expect((await client.send("tools/call", { name: long })).status).toBe(200);
    expect((await client.send("tools/call", { name: `one__${long}` })).status).toBeOneOf([200, 403]);
    expect((await client.send("tools/list")).status).toBe(200);
  });

  test("is none of a regular expression: its characters are themselves", () => {
    for (const pattern of ["(a+)+$", "^(a|a)*$", "a.c", "[ab]", "a{2}", "\\w", "a|b", ".*", "$", "^a"]) {
      expect(serverPolicySchema.safeParse({ denyTools: [pattern] }).success).toBe(true);
      expect(matchesGlob(pattern, pattern)).toBe(true);
      for (const text of ["aaaa", "abc", "a", "b", "aa", "w", ""])
        expect([pattern, text, matchesGlob(pattern, text)]).toEqual([pattern, text, false]);
    }
  });

  test("has at most 200 characters, and there are at most 200 of a server's", () => {
    expect(serverPolicySchema.safeParse({ denyTools: ["*".repeat(200)] }).success).toBe(true);
    expect(serverPolicySchema.safeParse({ denyTools: ["*".repeat(201)] }).success).toBe(false);
    expect(serverPolicySchema.safeParse({ denyTools: Array(201).fill("*") }).success).toBe(false);
    expect(serverPolicySchema.safeParse({ scopes: { ["*".repeat(129)]: "mcp:read" } }).success).toBe(false);
  });
});

describe("security rule 10: a template of a server's", () => {
  const long = "x".repeat(200_000);
  const evil = [
    ["x{a}".repeat(5000), long],
    ["{a}x".repeat(5000), `${long}y`],
    [`${"{a}".repeat(50_000)}y`, long],
    [`${"{a}x{b*}x{?c}".repeat(5000)}y`, long],
    ["{".repeat(100_000), long],
    [`${"{a".repeat(50_000)}`, long],
    [`{${"a,".repeat(50_000)}}`, long],
    ["{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}{m}{n}{o}{p}{q}{r}{s}{t}z", long],
  ] as const;

  test.each(evil.map(([template, uri], at) => [at, template, uri] as const))(
    "number %i is compared with a URI at once",
    (_, template, uri) => {
      expect(mayMatchTemplate(template, uri)).toBeBoolean();
    },
  );

  test("of which there are many costs a read no more than a look at each", async () => {
    const resourceTemplates = evil.map(([template]) => JSON.stringify({ name: "t", uriTemplate: template }));
    const server = new ScriptedServer({ lists: { tools: [], resources: [], resourceTemplates } });
    await using gateway = await openGateway({ servers: { one: server } });
    const client = await initialized(gateway);
    expect((await client.send("resources/read", { uri: long })).status).toBe(200);
    const ref = { ref: { type: "ref/resource", uri: long }, argument: { name: "a", value: "" } };
    expect((await client.send("completion/complete", ref)).status).toBe(200);
  });
});

describe("security rule 10: in the product", () => {
  const files = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync(".")].filter((file) => !/\.(test|fixture|contract)\.tsx?$/.test(file));
  const expressions = files.flatMap((file) =>
    tokenize(readFileSync(file, "utf8")).flatMap((token) => (token.kind === "regex" ? [`${file}: ${token.text}`] : [])),
  );

  test("no regular expression is made of what somebody else has written", () => {
    const made = files.flatMap((file) => {
      const lines = readFileSync(file, "utf8").split("\n");
      return lines.flatMap((line) => (/\bRegExp\(/.test(line) ? [`${file}: ${line.trim()}`] : []));
    });
    // Both are made of a constant beside them.
    const known = made.filter((line) => /RegExp\(`\^\$\{TV_NAME\}[^`]*`\)/.test(line));
    expect(made).toEqual(known);
  });

  test("none repeats without bound what repeats without bound itself", () => {
    expect(expressions.length).toBeGreaterThan(100);
    expect(expressions.filter((expression) => repeatsRepetition(expression.slice(expression.indexOf(": ") + 2)))).toEqual([]);
    // What it is to find.
    for (const evil of ["/(a+)+$/", "/^(\\w*,)*x/", "/(?:(?:ab*)c)+/", "/((a{2,})b)*/"]) expect(repeatsRepetition(evil)).toBe(true);
    for (const good of ["/[(+)]+/", "/(?:a+b){0,4}/", "/\\(a+\\)+/", "/(ab?)+/"]) expect(repeatsRepetition(good)).toBe(false);
  });
});

/** Whether a group that holds a repetition without bound is repeated so itself: on some text that takes a time exponential in its length. */
function repeatsRepetition(expression: string): boolean {
  const groups: { repeats: boolean }[] = [];
  const isEndless = (at: number) => /^(?:[*+]|\{\d+,\})/.test(expression.slice(at, at + 8));
  let inClass = false;
  for (let at = 1; at < expression.length; at += 1) {
    const char = expression[at];
    const outer = groups.at(-1);
    if (char === "\\") at += 1;
    else if (inClass) inClass = char !== "]";
    else if (char === "[") inClass = true;
    else if (char === "(") groups.push({ repeats: false });
    else if (char === ")") {
      const inner = groups.pop();
      if (inner?.repeats === true && isEndless(at + 1)) return true;
      const around = groups.at(-1);
      if (around !== undefined && inner?.repeats === true) around.repeats = true;
    } else if (outer !== undefined && isEndless(at)) outer.repeats = true;
  }
  return false;
}

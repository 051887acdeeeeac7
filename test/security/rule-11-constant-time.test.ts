/**
 * Security rule 11: nobody learns a secret by how long a comparison with it takes. A credential is looked up by its
 * SHA-256, of which nobody chooses the digits; what is compared is compared by `timingSafeEqual`.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { timingSafeEqualHex } from "../../src/core/mcp-token.ts";

/** A comparison of something that is called like a secret, or like what proves one, with anything but a constant. */
const COMPARED =
  /(?:\bmac|hmac|[sS]ignature|[sS]ha(?:256)?|[hH]ash|[cC]redential|[sS]ecret|[pP]assword|[bB]earer|[tT]oken|[aA]uthorization|[cC]ookie)[)\]]* (?:===|!==|==|!=) (?!undefined|null|true|false|["'`\d-])/;
/** And the other way round. */
const COMPARED_TO = /(?:===|!==) (?:\w+\.)*(?:mac|hmac|signature|sha256|hash|credential|secret|password|bearer|token)\b(?![.(])/;

const files = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync(".")].filter((file) => !/\.(test|fixture|contract)\.tsx?$/.test(file));

describe("security rule 11: in the product", () => {
  test("no credential and no proof of one is compared character by character", () => {
    expect(files.length).toBeGreaterThan(300);
    for (const line of ["if (given.token === known)", "return macOf(x) !== expected.mac", "known === row.sha256;"]) {
      expect(COMPARED.test(line) || COMPARED_TO.test(line)).toBe(true);
    }
    const found = files.flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .flatMap((line) => (COMPARED.test(line) || COMPARED_TO.test(line) ? [`${file}: ${line.trim()}`] : [])),
    );
    expect(found.filter((line) => !ALLOWED.some((allowed) => line.includes(allowed)))).toEqual([]);
  });

  test("what is compared by constant time is equal where it is the same, and nowhere else", () => {
    const hex = "0123456789abcdef".repeat(4);
    expect(timingSafeEqualHex(hex, hex)).toBe(true);
    for (const other of ["", hex.slice(2), `${hex}00`, hex.replace("0", "1"), hex.replace("0", "g"), `${hex.slice(0, -1)}`, "zz"]) {
      expect(timingSafeEqualHex(hex, other)).toBe(false);
      expect(timingSafeEqualHex(other, hex)).toBe(false);
    }
    expect(timingSafeEqualHex("", "")).toBe(false);
  });
});

/** Comparisons of which nobody outside chooses a side, or by which nothing is opened. */
const ALLOWED = [
  // The chain of the audit log: anybody who may read it knows these; its checkpoints are compared by constant time.
  ...["write-to-own-chain", "audit-chain", "chain-end", "check-chain"].map((file) => `src/control/audit/${file}.ts: `),
  // SHA-256 of credentials, of entries that were found already.
  ...["control/http/session-routes", "gateway/bare/caller-gateways", "gateway/identity/grant-cache"].map((file) => `src/${file}.ts: `),
  // What was sealed is compared with what is asked, and both are the client's own.
  "task.payloadHash !== claim.payloadHash",
  // What a plan and a component were made from.
  "plan.token === wish.planToken",
  "hash === blueprint.specHash",
  "state.requestHash === requestHash(method, paramsText)",
  "progressToken ===",
  "src/cli/apply/scan-yaml.ts: ",
];

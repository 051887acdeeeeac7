import { defineCheck } from "../check.ts";
import type { AuthProbe, AuthProbeKind } from "../observations.ts";
import type { Violation } from "../violation.ts";

const REQUIREMENTS = [
  "every request carries a JWT or another bearer token",
  "a request without one gets an authentication error",
  "no fallback to credentials of the server itself",
];
const RISK = "whoever reaches the port uses the server, and what it may reach, as somebody else";
const EXPECTED = "Authentication error (401/403)";

const isRefused = ({ status }: AuthProbe) => status === 401 || status === 403;
/** Where a route has no such method at all, nothing was let in either. */
const isNoMethod = ({ request, status }: AuthProbe) => request === "GET" && (status === 405 || status === 404);
const isGood = (probe: AuthProbe) => isRefused(probe) || isNoMethod(probe);

function shownStatus({ status }: AuthProbe): string {
  if (status === 0) return "no answer";
  return status >= 200 && status < 300 ? `${status} OK (success)` : `HTTP ${status}`;
}

function refusalCheck(id: string, title: string, failure: string, kinds: readonly AuthProbeKind[]) {
  return defineCheck({
    id,
    scenario: "JWT authentication",
    title,
    needs: ["auth"],
    find: ({ auth }): readonly Violation[] => {
      const bad = auth.filter((probe) => kinds.includes(probe.kind) && !isGood(probe));
      const [worst] = bad.toSorted((a, b) => Number(a.status >= 300 || a.status === 0) - Number(b.status >= 300 || b.status === 0));
      if (worst === undefined) return [];
      return [
        {
          title: failure,
          expected: EXPECTED,
          actual: shownStatus(worst),
          found: bad.map((probe) => `${probe.request} with ${probe.kind}: ${shownStatus(probe)}`),
          requirements: REQUIREMENTS,
          remedy: { fix: "set MCP_MULTIUSER_MODE=true, and let the server refuse a request before it looks into it" },
          risk: RISK,
        },
      ];
    },
  });
}

export const noTokenRefused = refusalCheck(
  "no-token-refused",
  "a request without a JWT is refused",
  "Server accepted request without JWT token",
  ["no token", "an empty bearer"],
);

export const malformedRefused = refusalCheck(
  "malformed-token-refused",
  "a malformed JWT is refused",
  "Server accepted request with malformed JWT token",
  ["a malformed JWT"],
);

export const foreignRefused = refusalCheck(
  "foreign-token-refused",
  "a JWT that nobody trusted has signed is refused",
  "Server accepted request with a JWT token that it cannot trust",
  ["a JWT of a foreign issuer", "an unsigned JWT"],
);

export const urlTokenRefused = refusalCheck(
  "url-token-refused",
  "a token in the URL is no credential",
  "Server accepted a token from the URL",
  ["a token in the URL"],
);

export const clearRefusal = defineCheck({
  id: "clear-refusal",
  scenario: "JWT authentication",
  title: "the refusal says that a token is required",
  needs: ["auth"],
  find: ({ auth }): readonly Violation[] => {
    const silent = auth.find((probe) => probe.kind === "no token" && isRefused(probe) && !/token|bearer|jwt|auth/i.test(probe.body));
    if (silent === undefined) return [];
    return [
      {
        title: "Server refuses without saying why",
        expected: "a body that says 'JWT token required'",
        actual: silent.body === "" ? `HTTP ${silent.status} with an empty body` : `HTTP ${silent.status}: ${silent.body.slice(0, 200)}`,
        requirements: ["a caller without a token is told that it needs one"],
        remedy: { fix: "answer 401 with a message such as 'JWT token required'" },
      },
    ];
  },
});

export const multiuserMode = defineCheck({
  id: "multiuser-mode",
  scenario: "JWT authentication",
  title: "multi-user mode is switched on",
  needs: ["auth"],
  find: ({ container: { info } }): readonly Violation[] => {
    const { MCP_MULTIUSER_MODE: mode, QUILT_MULTIUSER_MODE: alias } = info.spec.env;
    if (mode === "true" || alias === "true") return [];
    return [
      {
        title: "Container does not run in multi-user mode",
        expected: "MCP_MULTIUSER_MODE=true (or QUILT_MULTIUSER_MODE=true)",
        actual: `MCP_MULTIUSER_MODE=${mode ?? ""}`,
        requirements: REQUIREMENTS,
        remedy: { fix: "add --env MCP_MULTIUSER_MODE=true to the run command" },
      },
    ];
  },
});

export const noLocalCredentials = defineCheck({
  id: "no-local-credentials",
  scenario: "JWT authentication",
  title: "credentials that lie in the home folder or the environment are not used",
  needs: ["decoys"],
  find: ({ auth = [], decoys: { read = [], shown, probe } }): readonly Violation[] => {
    // A server that lets everybody in is told so by another check.
    const refusedBefore = auth.every((each) => each.kind !== "no token" || isGood(each));
    const accepted = probe !== undefined && refusedBefore && !isGood(probe);
    const found = [
      ...(accepted && probe !== undefined ? [`${probe.request} without a token: ${shownStatus(probe)}`] : []),
      ...read.map((path) => `${path} was read`),
      ...shown.map((path) => `the content of ${path} came out`),
    ];
    if (found.length === 0) return [];
    return [
      {
        title: "Server falls back to local credentials",
        expected: "~/.quilt, ~/.aws and the like are not read, and open nothing",
        actual: found[0] ?? "",
        found: found.slice(1),
        requirements: REQUIREMENTS,
        remedy: { fix: "in multi-user mode take the identity from the request's token alone" },
        risk: RISK,
      },
    ];
  },
});

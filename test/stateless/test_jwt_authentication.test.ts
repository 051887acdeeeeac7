import { expect } from "bun:test";
import { authProbes, probeWithoutToken } from "../../src/verify/stateless/observe/auth-probes.ts";
import { decoyRun } from "../../src/verify/stateless/observe/decoy-run.ts";
import { foreignSession } from "../../src/verify/stateless/observe/isolation-run.ts";
import { viewOf } from "../../src/verify/stateless/observe-running.ts";
import { violationsOf } from "./found-violations.ts";
import { gatewayLab } from "./gateway-lab.ts";
import { jwtOf, requiresContainers } from "./stateless-lab.ts";

const suite = gatewayLab();

async function probed() {
  const started = await suite.statelessContainer();
  const auth = await authProbes(await suite.deps(), suite.subject(started));
  return { auth, seen: { container: await viewOf(started.info), auth, left: {} } };
}

requiresContainers("test_jwt_required_environment_variable", async () => {
  const { info } = await suite.statelessContainer();
  expect(info.spec.env).toMatchObject({ QUILT_MULTIUSER_MODE: "true", HOME: "/tmp" });
  // Either name alone switches it on.
  const alias = await suite.start("alias", ({ env: { MCP_MULTIUSER_MODE: _, ...env }, ...spec }) => ({ ...spec, env }));
  expect(await probeWithoutToken(await suite.deps(), { url: alias.url, timeoutMs: 10_000 })).toMatchObject({ status: 401 });
});

requiresContainers("test_request_without_jwt_rejected", async () => {
  const { auth, seen } = await probed();
  const without = auth.filter(({ kind }) => kind === "no token" || kind === "an empty bearer");
  expect(without.map(({ request, status }) => `${request} ${status}`)).toEqual([
    "POST initialize 401",
    "POST tools/list 401",
    "GET 401",
    "POST initialize 401",
    "POST tools/list 401",
    "GET 401",
  ]);
  expect(violationsOf(seen)).toEqual([]);
});

requiresContainers("test_malformed_jwt_rejected", async () => {
  const { auth } = await probed();
  const malformed = auth.filter(({ kind, request }) => kind === "a malformed JWT" && request !== "GET");
  expect(malformed.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
});

requiresContainers("test_untrusted_jwt_rejected", async () => {
  const { url, name } = await suite.statelessContainer();
  const deps = await suite.deps();
  const forged = { ...suite.subject(await suite.statelessContainer()), token: jwtOf("ann", "another key that is long enough to be one") };
  expect(name).toBe(forged.name);
  const response = await deps.fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${forged.token}`, "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
  });
  expect(response.status).toBe(401);
  const { auth } = await probed();
  const untrusted = auth.filter(
    ({ kind }) => kind === "a JWT of a foreign issuer" || kind === "an unsigned JWT" || kind === "a token in the URL",
  );
  expect(new Set(untrusted.map(({ status }) => status))).toEqual(new Set([401]));
});

requiresContainers("test_missing_jwt_error_is_clear", async () => {
  const { body } = await probeWithoutToken(await suite.deps(), { url: await suite.containerUrl(), timeoutMs: 10_000 });
  expect(JSON.parse(body)).toMatchObject({ error: { code: "unauthenticated", message: "JWT token required" } });
});

requiresContainers("test_no_fallback_to_local_credentials", async () => {
  const started = await suite.statelessContainer();
  const decoys = await decoyRun(await suite.deps(), await suite.lab(), await suite.spec("decoys"), { timeoutMs: 10_000, wantsToken: true });
  expect(decoys).toMatchObject({ read: [], shown: [], probe: { status: 401 } });
  if (decoys === undefined) throw new Error("the container does not start with credentials at hand");
  expect(violationsOf({ container: await viewOf(started.info), decoys, left: {} })).toEqual([]);
});

requiresContainers("test_session_of_another_principal_is_unknown", async () => {
  const subject = suite.subject(await suite.statelessContainer());
  expect(await foreignSession(await suite.deps(), subject, jwtOf("bob"))).toEqual({ status: 404 });
});

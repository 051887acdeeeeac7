/** Two containers of the gateway's image behind one address that takes turns, with mcpd on one Postgres. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { chownSync, writeFileSync } from "node:fs";
import { onEveryEngineEmpty } from "../../src/store/databases.fixture.ts";
import { type Dispatched, dispatchCall } from "../e2e/support/dispatch-call.ts";
import { freePort } from "../e2e/support/free-port.ts";
import { McpCaller } from "../e2e/support/mcp-caller.ts";
import { MEMBER, RestCaller } from "../e2e/support/rest-caller.ts";
import { Scratch } from "../e2e/support/scratch.ts";
import { SteadyCalls } from "../e2e/support/steady-calls.ts";
import type { Ready, UpProcess } from "../e2e/support/up-process.ts";
import { waitUntil } from "../e2e/support/wait-until.ts";
import { type CountingServer, startCountingServer } from "../support/counting-server.ts";
import { hasPodman, podman, tryPodman } from "../support/podman/run-podman.ts";
import { NO_REDIS, REDIS_PROGRAM, type RedisServer, startRedis } from "../support/redis-server.ts";
import { requires } from "../support/requires.ts";
import { gatewayImage } from "./gateway-image.ts";

const NGINX = Bun.which("nginx", { PATH: `${process.env.PATH}:/usr/sbin` });
const MISSING = [
  ...(hasPodman ? [] : ["podman is not installed"]),
  ...(NGINX === null ? ["nginx is not installed"] : []),
  ...(REDIS_PROGRAM === null ? [NO_REDIS] : []),
];
const requiresReplicas = requires(MISSING.length === 0, MISSING.join(", "));

const LIMIT_MS = 120_000;
const START_LIMIT_MS = 180_000;
/** A revocation holds everywhere within this time (S4). */
const HEARD_LIMIT_MS = 5000;
const NAMES = ["a", "b"].map((letter) => `mcplocal-replica-${letter}-${process.pid}`);
const PER_MINUTE = 300;
const COUNT = "counting__count";
const DISPATCHER = [...MEMBER, { action: "dispatch" }];

const scratch = new Scratch("replicas");
const image = gatewayImage();

onEveryEngineEmpty((engine, withUrl) => {
  if (engine !== "Postgres") return;
  describe("two replicas of the image on one Postgres", () => {
    let mcpd: UpProcess;
    let ready: Ready;
    let admin: RestCaller;
    let counting: CountingServer;
    let redis: RedisServer | undefined;
    let nginx: Bun.Subprocess | undefined;
    let proxy = "";
    const direct: string[] = [];
    const { promise: isOver, resolve: finish } = Promise.withResolvers<void>();
    let database: Promise<void> | undefined;

    beforeAll(async () => {
      if (MISSING.length > 0) return;
      counting = startCountingServer();
      redis = await startRedis();
      const { promise: url, resolve } = Promise.withResolvers<string>();
      database = withUrl(async (made) => {
        resolve(made);
        await isOver;
      });
      mcpd = scratch.upWithReadyFile("mcpd", { args: ["--database-url", await url] });
      ready = await mcpd.ready(60_000);
      admin = await RestCaller.logIn(ready);
      await admin.send("POST", "/servers", { handle: "counting", backing: { kind: "url", url: counting.url }, projects: ["demo"] });
      const { token: key } = await admin.send("POST", "/gateways", { name: "edge" });
      writeFileSync(scratch.path("edge.key"), key, { mode: 0o400 });
      writeFileSync(
        scratch.path("gateway.toml"),
        `[rate_limit]\nper_minute = ${PER_MINUTE}\nstore = "${redis.url}"\non_store_failure = "closed"\n`,
      );
      // The image's user.
      for (const file of ["edge.key", "gateway.toml"]) chownSync(scratch.path(file), 10001, 10001);
      for (const name of NAMES) direct.push(await startReplica(name));
      proxy = await startProxy();
    }, START_LIMIT_MS);

    afterAll(async () => {
      nginx?.kill();
      await nginx?.exited;
      if (hasPodman) await tryPodman("rm", "--force", "--time=0", "--ignore", ...NAMES);
      await mcpd?.stop();
      finish();
      await database;
      await redis?.stop();
      counting?.stop();
    }, LIMIT_MS);

    /** Under everything that the stateless contract asks for. Its address on the host. */
    async function startReplica(name: string): Promise<string> {
      const port = await freePort();
      const env = {
        MCP_MULTIUSER_MODE: "true",
        MCP_SESSION_SECRET: "what both replicas seal their sessions with",
        MCPLOCAL_MCPD_URL: ready.api,
        MCPLOCAL_GATEWAY_TOKEN_FILE: "/run/secrets/edge.key",
        MCPLOCAL_HTTP_PORT: String(port),
        MCPLOCAL_HTTP_HOST: "127.0.0.1",
        MCPLOCAL_LINK_URL: redis?.url ?? "",
      };
      const constraints = ["--read-only", "--read-only-tmpfs=false", "--image-volume=ignore", "--cap-drop=ALL"];
      const mounts = [
        `--volume=${scratch.path("edge.key")}:/run/secrets/edge.key:ro`,
        `--volume=${scratch.path("gateway.toml")}:/etc/mcplocal.toml:ro`,
        "--tmpfs=/tmp",
      ];
      await podman(
        ...["run", "--detach", "--name", name, "--network=host", "--security-opt=no-new-privileges", "--memory=512m"],
        ...[...constraints, ...mounts, ...Object.entries(env).map(([key, value]) => `--env=${key}=${value}`)],
        ...[await image(), "serve", "--config", "/etc/mcplocal.toml"],
      );
      const url = `http://127.0.0.1:${port}`;
      const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok;
      await waitUntil(`${name} is ready`, isReady, 60_000).catch(async (thrown) => {
        throw new Error(`${thrown}: ${await podman("logs", name)}`);
      });
      return url;
    }

    /** nginx as it is: in turn, and to the other one where one takes no connection. */
    async function startProxy(): Promise<string> {
      const port = await freePort();
      const quoted = (path: string) => JSON.stringify(scratch.path(path));
      const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${quoted(kind)};`);
      await Bun.write(
        scratch.path("nginx.conf"),
        `daemon off; master_process off; pid ${quoted("nginx.pid")};
events {}
http {
  access_log off;
  ${paths.join("\n  ")}
  upstream replicas { ${direct.map((url) => `server ${new URL(url).host};`).join(" ")} }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://replicas; proxy_buffering off; proxy_set_header Host $host; } }
}
`,
      );
      nginx = Bun.spawn([NGINX ?? "", "-p", scratch.path(), "-e", "stderr", "-c", scratch.path("nginx.conf")], {
        stdio: ["ignore", "ignore", "ignore"],
      });
      const url = `http://127.0.0.1:${port}`;
      await waitUntil("nginx answers", async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.ok);
      return url;
    }

    const endpoint = (base = proxy) => `${base}/projects/demo/mcp`;
    const dispatch = (token: string, key: string, base = proxy) =>
      dispatchCall({ url: `${base}/projects/demo/dispatch`, token, key, tool: COUNT, args: { mark: key } });

    /** The answer of a task that has ended. */
    async function outcomeOf(token: string, { json }: Dispatched): Promise<{ readonly state: string }> {
      return await waitUntil(`${json.task_id} has ended`, async () => {
        const response = await fetch(`${proxy}/projects/demo/tasks/${json.task_id}`, { headers: { authorization: `Bearer ${token}` } });
        const task = (await response.json()) as { readonly state: string };
        return ["finished", "failed", "canceled"].includes(task.state) ? task : undefined;
      });
    }

    requiresReplicas(
      "a session that one replica has opened goes on at either, and its end holds at both",
      async () => {
        const token = await admin.makeToken("sessions", "demo");
        const callers = await Promise.all(Array.from({ length: 4 }, () => McpCaller.open(endpoint(), token)));
        for (const [index, caller] of callers.entries()) {
          for (const round of [1, 2, 3, 4]) {
            const { status, text } = await caller.call(COUNT, { mark: `session ${index}` });
            expect([round, status, text]).toEqual([round, 200, expect.stringContaining("counted")]);
          }
        }
        const [caller] = callers;
        expect((await caller?.end())?.status).toBe(204);
        for (const url of direct) {
          const again = new McpCaller(endpoint(url), token, caller?.sessionId);
          await waitUntil("the session is over here", async () => (await again.call(COUNT)).status === 404, HEARD_LIMIT_MS);
        }
      },
      LIMIT_MS,
    );

    requiresReplicas(
      "a hundred clients that race one key through both replicas have one task between them, and it runs once",
      async () => {
        const token = await admin.makeToken("racing", "demo", DISPATCHER);
        const answers = await Promise.all(Array.from({ length: 100 }, () => dispatch(token, "raced")));
        // Whoever comes when it has run is told its result.
        const statuses = answers.map(({ status, json }) => `${status} ${json.status}`);
        expect(statuses.filter((status) => status !== "202 accepted" && status !== "200 completed")).toEqual([]);
        expect(new Set(answers.map(({ json }) => json.task_id)).size).toBe(1);
        expect(answers.filter(({ json }) => json.reused === false)).toHaveLength(1);
        const [first] = answers as [Dispatched];
        expect(await outcomeOf(token, first)).toMatchObject({ state: "finished" });
        expect(counting.countOf("raced")).toBe(1);
        const late = await dispatch(token, "raced", direct[1]);
        expect(late.json).toMatchObject({ task_id: first.json.task_id, reused: true, status: "completed" });
      },
      LIMIT_MS,
    );

    requiresReplicas(
      "calls are counted together: what both let pass in a minute is the limit of one",
      async () => {
        const token = await admin.makeToken("hurried", "demo");
        // Few calls lie in the minute before, so that none of them is let go while these are counted.
        const statuses: number[] = [];
        for (let sent = 0; sent < PER_MINUTE + 40; sent += 20) {
          const callers = Array.from({ length: 20 }, () => new McpCaller(endpoint(), token));
          statuses.push(...(await Promise.all(callers.map(async (caller) => (await caller.initialize()).status))));
        }
        const those = (status: number) => statuses.filter((each) => each === status).length;
        expect([those(200), those(200) + those(429)]).toEqual([PER_MINUTE, statuses.length]);
      },
      LIMIT_MS,
    );

    requiresReplicas(
      "a token that is revoked opens neither of them any more",
      async () => {
        const token = await admin.makeToken("leaving", "demo");
        const sessions = await Promise.all(direct.map((url) => McpCaller.open(endpoint(url), token)));
        for (const session of sessions) expect((await session.call(COUNT)).status).toBe(200);
        await admin.revoke("leaving", "demo");
        for (const session of sessions) {
          await waitUntil("it is refused", async () => (await session.call(COUNT)).status === 401, HEARD_LIMIT_MS);
        }
        for (const url of direct) expect((await new McpCaller(endpoint(url), token).initialize()).status).toBe(401);
      },
      LIMIT_MS,
    );

    requiresReplicas(
      "one that is killed under load takes no session and no task with it",
      async () => {
        const token = await admin.makeToken("loaded", "demo", DISPATCHER);
        const sessions = 8;
        const steady = await SteadyCalls.start({ url: endpoint(), token, sessions, tool: COUNT, perSecond: 25 });
        const dispatched: Dispatched[] = [];
        const send = async (from: number) => {
          for (let index = from; index < from + 15; index += 1) {
            // Whoever hears nothing asks again under the same key: that is what the key is for.
            const answer = await dispatch(token, `task-${index}`).catch(() => undefined);
            dispatched.push(answer !== undefined && answer.status < 500 ? answer : await dispatch(token, `task-${index}`));
          }
        };
        await send(0);
        await waitUntil("calls are answered", () => steady.answered > 20);
        expect(steady.failures).toEqual([]);
        await Promise.all([podman("kill", "--signal=KILL", NAMES[0] ?? ""), send(15)]);
        await waitUntil("the container has ended", async () => (await podman("ps", "--filter", `name=${NAMES[0]}`, "-q")) === "");
        // What was in flight at the one that died has failed, and was said to; every session is there.
        steady.restart();
        await waitUntil("calls go on", () => steady.answered >= 3 * sessions);
        await steady.stop();
        expect(steady.failures).toEqual([]);
        await send(30);
        expect(new Set(dispatched.map(({ status }) => status))).toEqual(new Set([202]));
        const outcomes = await Promise.all(dispatched.map((each) => outcomeOf(token, each)));
        expect(new Set(outcomes.map(({ state }) => state))).toEqual(new Set(["finished"]));
        expect(dispatched.map((_, index) => counting.countOf(`task-${index}`))).toEqual(dispatched.map(() => 1));
      },
      LIMIT_MS,
    );
  });
});

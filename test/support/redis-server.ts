import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The program that serves Redis's protocol here; null where none is installed. */
export const REDIS_PROGRAM: string | null = Bun.which("valkey-server") ?? Bun.which("redis-server");
export const NO_REDIS = "neither valkey-server nor redis-server is installed";

const START_LIMIT_MS = 10_000;

/** A store of a test's own: in memory, on loopback, gone when it is stopped. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts it on this port, or on a free one. Throws where it does not answer in time. */
export async function startRedis(port?: number): Promise<RedisServer> {
  if (REDIS_PROGRAM === null) throw new Error(NO_REDIS);
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-redis-"));
  const chosen = port ?? (await freePort());
  const child = Bun.spawn(
    [REDIS_PROGRAM, "--bind", "127.0.0.1", "--port", String(chosen), "--save", "", "--appendonly", "no", "--dir", folder],
    { stdin: "ignore", stdout: "ignore", stderr: "ignore" },
  );
  const stop = async () => {
    child.kill("SIGKILL");
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  const until = performance.now() + START_LIMIT_MS;
  while (!(await answers(chosen))) {
    if (child.exitCode !== null || performance.now() > until) {
      await stop();
      throw new Error("the store did not start");
    }
    await Bun.sleep(20);
  }
  return { url: `redis://127.0.0.1:${chosen}`, port: chosen, stop };
}

async function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  try {
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, bytes) => resolve(bytes.toString().startsWith("+PONG")),
        close: () => resolve(false),
        error: () => resolve(false),
      },
    });
    socket.write("PING\r\n");
    return await promise.finally(() => socket.end());
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

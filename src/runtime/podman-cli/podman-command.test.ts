import { expect, test } from "bun:test";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { PodmanCommand } from "./podman-command.ts";

test("podman leaves nothing in the caller's folder: it is started in the one for temporary files", async () => {
  const where = await new PodmanCommand("pwd", {}).run({ argv: ["-P"], what: "ask where it is", timeoutMs: undefined });
  expect(where).toMatchObject({ exitCode: 0, stdout: `${realpathSync(tmpdir())}\n` });
});

import { expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PodmanCommand } from "./podman-command.ts";

test("podman leaves nothing in the caller's folder: it works in its own", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "podman-command-")));
  try {
    const command = new PodmanCommand({ program: "pwd", env: {}, folder });
    const where = await command.run({ argv: ["-P"], what: "ask where it is", timeoutMs: undefined });
    expect(where).toMatchObject({ exitCode: 0, stdout: `${folder}\n` });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

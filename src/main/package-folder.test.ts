import { expect, test } from "bun:test";
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requires } from "../../test/support/requires.ts";
import { packageBeside, packageFolder } from "./package-folder.ts";

/** An executable two folders below one that has a package. */
function withExecutable(use: (executable: string, folder: string) => void): void {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "package-folder-")));
  try {
    const folder = join(root, "node_modules", "some-server");
    const executable = join(root, "build", "mcpctl");
    for (const made of [folder, join(root, "build")]) mkdirSync(made, { recursive: true });
    writeFileSync(join(folder, "package.json"), "{}");
    writeFileSync(executable, "");
    use(executable, folder);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("a package is found from the folder of an executable upwards; one that is not there is not", () => {
  withExecutable((executable, folder) => {
    expect(packageBeside(executable, "some-server")).toBe(folder);
    expect(packageBeside(executable, "no-such-server")).toBeUndefined();
    expect(packageFolder(import.meta.url, "zod")).toEndWith("node_modules/zod");
  });
});

requires(process.getuid?.() === 0, "only root may give a folder away")("what somebody else has put above an executable is not run", () => {
  withExecutable((executable, folder) => {
    chownSync(folder, 12_345, 12_345);
    expect(packageBeside(executable, "some-server")).toBeUndefined();
  });
});

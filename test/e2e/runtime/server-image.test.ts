import { expect } from "bun:test";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";
import { waitUntil } from "../support/wait-until.ts";

const scratch = podmanScratch();

const run = (name: string, ...words: readonly string[]) => podman("run", "--detach", "--name", `${scratch.prefix}-${name}`, ...words);

requiresPodman("an image made from a compiled program serves MCP under every constraint of a hardened container", async () => {
  const [one, two] = [await scratch.serverVersion("1"), await scratch.serverVersion("2")];
  const ids = await Promise.all([one, two].map((image) => podman("image", "inspect", "--format", "{{.Id}}", image)));
  expect(new Set(ids).size).toBe(2);
  await run(
    "hard",
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp",
    "--publish=127.0.0.1::8080",
    two,
  );
  const address = await podman("port", `${scratch.prefix}-hard`, "8080");
  const said = await waitUntil("the server answers", async () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize" });
    return fetch(`http://${address}/mcp`, { method: "POST", body }).then(
      (response) => response.text(),
      () => undefined,
    );
  });
  expect(JSON.parse(said)).toMatchObject({ result: { serverInfo: { version: "2" } } });
  expect(await podman("exec", `${scratch.prefix}-hard`, "/server", "print", "hello")).toBe("hello");
});

requiresPodman("its program fails as it is told to", async () => {
  const image = await scratch.serverVersion("3", { env: { SERVER_MODE: "exit:7" } });
  await run("ends", "--network=none", image);
  expect(await podman("wait", `${scratch.prefix}-ends`)).toBe("7");
});

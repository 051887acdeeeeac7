/** Registries that refuse, lie, break off and say nothing, as a real podman meets them. */
import { afterAll, beforeAll, expect } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type OpenedRuntime, openRuntime } from "../../../src/runtime/open-runtime.ts";
import { hasPodman, requiresPodman, tryPodman } from "../../support/podman/run-podman.ts";

let folder = "";
let registry: Server;
let opened: OpenedRuntime;
let at = "";
/** Manifests that were asked for and are never given. */
let silent = 0;
let silentEnded = 0;

const digestOf = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const IMAGE = "application/vnd.oci.image";

/** An image of one layer: an empty archive, which is some blocks of nothing. Each has a layer of its own, for podman keeps those that it has. */
function imageOf(fault: string) {
  const archive = new Uint8Array(512 * (2 + fault.length));
  const layer = gzipSync(archive);
  const rootfs = { type: "layers", diff_ids: [digestOf(archive)] };
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", config: {}, rootfs }));
  const manifest = {
    schemaVersion: 2,
    mediaType: `${IMAGE}.manifest.v1+json`,
    config: { mediaType: `${IMAGE}.config.v1+json`, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: `${IMAGE}.layer.v1.tar+gzip`, digest: digestOf(layer), size: layer.length }],
  };
  return { layer, config, manifest: Buffer.from(JSON.stringify(manifest)) };
}

function send(response: ServerResponse, body: Uint8Array, type = "application/octet-stream"): void {
  response.writeHead(200, { "content-type": type, "content-length": String(body.length) }).end(body);
}

/** `/v2/<what goes wrong>/(manifests|blobs)/<reference>`. */
function answer(url: string, response: ServerResponse): void {
  const [, fault, kind, reference] = /^\/v2\/([a-z-]+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
  const { layer, config, manifest } = imageOf(fault ?? "");
  if (fault === undefined) response.writeHead(200).end("{}");
  else if (fault === "denied") response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
  else if (fault === "unknown") response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  else if (fault === "silent") {
    silent += 1;
    response.once("close", () => {
      silentEnded += 1;
    });
  } else if (kind === "manifests") send(response, fault === "nonsense" ? Buffer.from("<html>") : manifest, `${IMAGE}.manifest.v1+json`);
  else if (reference === digestOf(config)) send(response, config);
  else if (fault === "wrong-digest")
    send(
      response,
      layer.map((byte) => byte ^ 1),
    );
  else if (fault === "cut-short") {
    response.writeHead(200, { "content-length": String(layer.length) });
    response.write(layer.subarray(0, 5), () => response.destroy());
  } else send(response, layer);
}

beforeAll(async () => {
  if (!hasPodman) return;
  folder = mkdtempSync(join(tmpdir(), "mcpctl-pull-"));
  registry = createServer(({ url = "" }, response) => answer(url, response));
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  at = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  writeFileSync(join(folder, "registries.conf"), `[[registry]]\nlocation = "${at}"\ninsecure = true\n`);
  const found = { podman: Bun.which("podman") ?? undefined, dockerSocket: undefined };
  const env = { PATH: process.env.PATH ?? "", HOME: folder, CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf") };
  opened = await openRuntime({ driver: "libpod", found, folder, env, kill: (pid, signal) => process.kill(pid, signal) });
});

afterAll(async () => {
  if (!hasPodman) return;
  await opened.close();
  registry.closeAllConnections();
  registry.close();
  for (const fault of ["good", ...FAULTS.map(([name]) => name)]) await tryPodman("rmi", "--force", `${at}/${fault}:v1`);
  rmSync(folder, { recursive: true, force: true });
});

/** What goes wrong, and podman's words for it. */
const FAULTS = [
  ["denied", "unauthorized"],
  ["unknown", "manifest unknown"],
  ["nonsense", "invalid character '<'"],
  ["wrong-digest", "Digest did not match"],
  ["cut-short", "unexpected EOF"],
] as const;

const pull = (fault: string, signal?: AbortSignal) => opened.runtime.pull(`${at}/${fault}:v1`, signal === undefined ? {} : { signal });

requiresPodman("a registry that is well gives its image", async () => {
  await pull("good");
  expect(await opened.runtime.image(`${at}/good:v1`)).toMatchObject({ id: expect.any(String) });
});

requiresPodman(
  "a registry that refuses, knows no such image, lies about a layer, breaks off or talks nonsense has its words told, and leaves no image",
  async () => {
    for (const [fault, words] of FAULTS) {
      const failed = await pull(fault).catch((thrown: unknown) => thrown);
      expect(failed).toMatchObject({ code: "unavailable", reason: "PULL_FAILED", message: expect.stringContaining(words) });
      expect(await opened.runtime.image(`${at}/${fault}:v1`)).toBeUndefined();
    }
  },
  120_000,
);

requiresPodman("a registry that says nothing is waited for no longer than the caller wants, and is let go of", async () => {
  const patience = new AbortController();
  const pulling = pull("silent", patience.signal);
  const end = Date.now() + 20_000;
  while (silent === 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  patience.abort();
  await expect(pulling).rejects.toMatchObject({ code: "canceled" });
  // The others can still pull.
  await pull("good");
  while (silentEnded < silent && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(silentEnded).toBe(silent);
});

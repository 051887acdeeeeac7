import { afterAll } from "bun:test";
import { randomBytes } from "node:crypto";
import { buildOnTopOf, buildServerImage } from "./build-server-image.ts";
import { tryPodman } from "./run-podman.ts";

/** What a test file makes in podman: everything carries `prefix`, and goes when the file's tests are over. */
export interface PodmanScratch {
  /** `mc` and ten random digits: a name of a service, a container, a network, a repository of images. */
  readonly prefix: string;
  /** An image with `image-server.ts` as its entrypoint, listening on 8080. Built at the first call. */
  serverImage(): Promise<string>;
  /** The same program as an image of its own digest, `localhost/<prefix>/server:<version>`, with these variables set in it. Built once. */
  serverVersion(
    version: string,
    options?: { readonly env?: Readonly<Record<string, string>>; readonly lines?: readonly string[] },
  ): Promise<string>;
  /** Removes its containers now. */
  removeContainers(): Promise<void>;
}

/** Call it once at the top of a test file. Where podman is missing it does nothing until it is used. `program`: in place of `image-server.ts`. */
export function podmanScratch(program?: string): PodmanScratch {
  const prefix = `mc${randomBytes(5).toString("hex")}`;
  let base: Promise<string> | undefined;
  /** By what they are built from. */
  const built = new Map<string, Promise<void>>();
  afterAll(async () => {
    if (Bun.which("podman") === null) return;
    await removeContainers(prefix);
    await removeNetworksAndVolumes(prefix);
    if (base !== undefined) await removeImages(prefix);
  }, 60_000);
  const serverImage = () => {
    base ??= buildBase(`localhost/${prefix}/server:base`, program);
    return base;
  };
  return {
    prefix,
    serverImage,
    removeContainers: () => removeContainers(prefix),
    async serverVersion(version, options = {}) {
      const reference = `localhost/${prefix}/server:${version}`;
      const variables = { SERVER_VERSION: version, ...options.env };
      const lines = [...Object.entries(variables).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`), ...(options.lines ?? [])];
      const recipe = [reference, ...lines].join("\n");
      const building = built.get(recipe) ?? serverImage().then((image) => buildOnTopOf(image, reference, lines));
      built.set(recipe, building);
      await building;
      return reference;
    },
  };
}

async function buildBase(reference: string, program: string | undefined): Promise<string> {
  await buildServerImage(reference, program);
  return reference;
}

async function removeContainers(prefix: string): Promise<void> {
  const names = await list("ps", "--all", "--format", "{{.Names}}");
  await removeAll(
    ["rm", "--force", "--ignore", "--time", "0"],
    names.filter((each) => each.startsWith(prefix)),
  );
}

async function removeNetworksAndVolumes(prefix: string): Promise<void> {
  for (const kind of ["network", "volume"]) {
    const names = await list(kind, "ls", "--format", "{{.Name}}");
    await removeAll(
      [kind, "rm", "--force"],
      names.filter((each) => each.startsWith(prefix)),
    );
  }
}

/** Children before their parents, which is newest first, as podman lists them. Agents keep images of what they deployed. */
async function removeImages(prefix: string): Promise<void> {
  const references = await list("images", "--format", "{{.Repository}}:{{.Tag}}");
  const own = [`localhost/${prefix}`, `localhost/mcpctl/kept/${prefix}`];
  await removeAll(
    ["rmi", "--force"],
    references.filter((each) => own.some((start) => each.startsWith(start))),
  );
}

/** In one command, which goes on past those that it cannot remove. */
async function removeAll(command: readonly string[], names: readonly string[]): Promise<void> {
  if (names.length > 0) await tryPodman(...command, ...names);
}

const TRIES = 5;

/** The lines of a list. podman reads each entry by itself and gives up where somebody else has just removed one. */
async function list(...command: readonly string[]): Promise<readonly string[]> {
  for (let tries = 1; ; tries += 1) {
    const { exitCode, stdout, stderr } = await tryPodman(...command);
    if (exitCode === 0) return stdout.split("\n").filter((line) => line !== "");
    if (tries === TRIES) throw new Error(`podman ${command.join(" ")} ended with ${exitCode}: ${stderr}`);
  }
}

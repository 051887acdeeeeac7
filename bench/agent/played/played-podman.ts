import { createServer, type ServerResponse } from "node:http";
import { parsePodmanImage } from "../../../src/runtime/podman-json/parse-podman.ts";
import type { ContainerInfo, ImageInfo } from "../../../src/runtime/runtime.ts";
import recorded from "./podman-answers.json";

/** What podman 4.3.1 has said of a container and its image. */
const RECORDED = JSON.stringify(recorded.inspect);
const RECORDED_ID = recorded.inspect.Id;

export interface PlayedPodman {
  /** How often it was asked what, by the first word of the path: `containers/json`, `containers/*`, `images/*`. */
  readonly asked: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** The image that each of its containers runs. */
export const PLAYED_IMAGE: ImageInfo = parsePodmanImage(recorded.image);

/**
 * The API of a podman that has these containers, all running: it tells of them in answers that a real one has given, byte for byte
 * but for names, ids, labels and times. Their processes are `pid`. Nothing ever happens in it, and nothing can be changed.
 */
export async function playPodman(socketPath: string, containers: readonly ContainerInfo[], pid: number): Promise<PlayedPodman> {
  const asked: Record<string, number> = {};
  const byName = new Map(containers.flatMap((each) => [[each.name, each] as const, [each.id, each] as const]));
  const list = JSON.stringify(containers.map((each) => listed(each, pid)));
  const image = JSON.stringify(recorded.image);
  const streams = new Set<ServerResponse>();
  const count = (what: string) => {
    asked[what] = (asked[what] ?? 0) + 1;
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? "").replace(/^\/v[\d.]+\/libpod/, "").replace(/\?.*$/, "");
    const [, kind = "", name = ""] = /^\/(\w+)\/(.+)\/json$/.exec(path) ?? [];
    if (path === "/_ping") return void response.writeHead(200, { "libpod-api-version": "4.3.1" }).end("OK");
    if (path === "/events") {
      streams.add(response.writeHead(200, { "content-type": "application/json" }));
      return response.flushHeaders();
    }
    if (path === "/containers/json") {
      count("containers/json");
      return void response.writeHead(200, { "content-type": "application/json" }).end(list);
    }
    count(`${kind}/*`);
    const known = kind === "containers" ? byName.get(decodeURIComponent(name)) : undefined;
    const body = kind === "images" ? image : known && inspected(known, pid);
    if (body === undefined) return void response.writeHead(404).end(JSON.stringify({ cause: "no such container", response: 404 }));
    response.writeHead(200, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    asked,
    close: async () => {
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function inspected(container: ContainerInfo, pid: number): string {
  const answer = JSON.parse(RECORDED.replaceAll(RECORDED_ID, container.id)) as typeof recorded.inspect;
  const startedAt = container.startedAt?.toISOString() ?? answer.State.StartedAt;
  return JSON.stringify({
    ...answer,
    Name: container.name,
    State: { ...answer.State, Pid: pid, ConmonPid: pid, StartedAt: startedAt },
    Config: { ...answer.Config, Labels: container.labels },
  });
}

function listed(container: ContainerInfo, pid: number): unknown {
  return { ...recorded.listed, Id: container.id, Names: [container.name], Labels: container.labels, Pid: pid };
}

import { expect, test } from "bun:test";
import { containerSpec } from "../fake/container-spec.fixture.ts";
import type { ContainerSpec } from "../runtime.ts";
import { argvOf, ENV_FILE } from "./argv-of.ts";

const argv = (change: Partial<ContainerSpec>) => argvOf(containerSpec({ name: "web", image: "localhost/web:1", ...change })).argv;

/** True where the words stand in the command line, side by side and before the image. */
function hasWords(words: readonly string[], line: readonly string[]): boolean {
  const options = line.slice(0, line.indexOf("localhost/web:1"));
  return options.some((_, at) => words.every((word, index) => options[at + index] === word));
}

const TABLE: readonly (readonly [string, Partial<ContainerSpec>, readonly string[]])[] = [
  ["name", {}, ["--name", "web"]],
  ["network", { network: "none" }, ["--network", "none"]],
  ["network", { network: "mesh" }, ["--network", "mesh"]],
  ["user", { user: "10001:10001" }, ["--user", "10001:10001"]],
  ["ports", { ports: [port("127.0.0.1", 8080)] }, ["--publish", "127.0.0.1:8080:80/tcp"]],
  ["ports", { ports: [{ ...port("0.0.0.0", 53), protocol: "udp" }] }, ["--publish", "0.0.0.0:53:80/udp"]],
  ["ports", { ports: [port("::1", 8080)] }, ["--publish", "[::1]:8080:80/tcp"]],
  ["ports", { ports: [port("127.0.0.1", 0)] }, ["--publish", "127.0.0.1::80/tcp"]],
  ["mounts", { mounts: [{ kind: "bind", source: "/srv/a", target: "/a", readOnly: true }] }, ["--volume", "/srv/a:/a:ro"]],
  ["mounts", { mounts: [{ kind: "volume", source: "data", target: "/d", readOnly: false }] }, ["--volume", "data:/d:rw"]],
  ["tmpfs", { tmpfs: [{ target: "/tmp", options: ["size=64m", "mode=1777"] }] }, ["--tmpfs", "/tmp:size=64m,mode=1777"]],
  ["tmpfs", { tmpfs: [{ target: "/run", options: [] }] }, ["--tmpfs", "/run"]],
  ["entrypoint", { entrypoint: ["/bin/a", "b c"] }, ["--entrypoint", '["/bin/a","b c"]']],
  ["env", { env: { KEY: "x" } }, ["--env", "KEY"]],
  ["env", { env: { PATH: "/x" } }, ["--env-file", ENV_FILE]],
  ["labels", { labels: { "io.mcpctl.managed": "true" } }, ["--label", "io.mcpctl.managed=true"]],
  ["memoryBytes", { memoryBytes: 1024 }, ["--memory", "1024b"]],
  ["memoryBytes", { memoryBytes: 1024 }, ["--memory-swap", "1024b"]],
  ["cpuMillis", { cpuMillis: 1500 }, ["--cpus", "1.5"]],
  ["pids", { pids: 64 }, ["--pids-limit", "64"]],
  ["readOnly", { readOnly: true }, ["--read-only"]],
  ["readOnly", {}, ["--read-only-tmpfs=false"]],
  ["capDrop", { capDrop: ["ALL"] }, ["--cap-drop", "ALL"]],
  ["capAdd", { capAdd: ["NET_BIND_SERVICE"] }, ["--cap-add", "NET_BIND_SERVICE"]],
  ["noNewPrivileges", { noNewPrivileges: true }, ["--security-opt", "no-new-privileges"]],
  ["securityOpt", { securityOpt: ["label=disable"] }, ["--security-opt", "label=disable"]],
  ["userns", { userns: "auto" }, ["--userns", "auto"]],
  ["imageVolumes", { imageVolumes: "ignore" }, ["--image-volume", "ignore"]],
  ["imageVolumes", { imageVolumes: "anonymous" }, ["--image-volume", "bind"]],
  ["stopTimeoutMs", { stopTimeoutMs: 2500 }, ["--stop-timeout", "3"]],
  ["restarts", {}, ["--restart", "no"]],
  ["pulls", {}, ["--pull", "never"]],
];

function port(hostAddress: string, hostPort: number) {
  return { hostAddress, hostPort, containerPort: 80, protocol: "tcp" } as const;
}

test.each(TABLE)("a spec's %s becomes its flag of podman", (_, change, words) => {
  expect(hasWords(words, argv(change))).toBe(true);
});

test("a flag whose field is not set is not there", () => {
  const bare = argv({});
  const absent = ["--user", "--publish", "--volume", "--tmpfs", "--entrypoint", "--env", "--env-file", "--label", "--memory", "--cpus"];
  for (const flag of [...absent, "--pids-limit", "--read-only", "--cap-drop", "--cap-add", "--security-opt", "--userns"])
    expect(bare).not.toContain(flag);
});

test("image and command come last, and words of the command are no options", () => {
  expect(argv({ cmd: ["--privileged", "-x"] }).slice(-3)).toEqual(["localhost/web:1", "--privileged", "-x"]);
  expect(argv({})[0]).toBe("create");
});

test("no value of a variable stands in the command line", () => {
  const env = { TOKEN: "s3cret-value", PATH: "/s3cret-path", HTTPS_PROXY: "http://u:s3cret-pass@p", LD_PRELOAD: "s3cret-lib" };
  const call = argvOf(containerSpec({ name: "web", image: "localhost/web:1", env }));
  expect(call.argv.join(" ")).not.toContain("s3cret");
  expect(call.env).toEqual({ TOKEN: "s3cret-value" });
  expect(Object.keys(call.fileEnv)).toEqual(["PATH", "HTTPS_PROXY", "LD_PRELOAD"]);
});

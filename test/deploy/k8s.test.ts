/** deploy/k8s: held to Kubernetes' own schemas, and to what a gateway and a mcpd are to be run with. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { requires } from "../support/requires.ts";
import { runProgram } from "../support/run-program.ts";

const ROOT = join(import.meta.dirname, "../..");
const K8S = join(ROOT, "deploy/k8s");

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a form of its own, which the schemas know.
  readonly spec?: any;
}

interface Kustomization {
  readonly kind: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly path: string }[];
}

const files = [...new Bun.Glob("**/*.yaml").scanSync(K8S)].sort();
const texts = new Map(await Promise.all(files.map(async (file) => [file, await Bun.file(join(K8S, file)).text()] as const)));
const documentsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Resource);
const isKustomization = (file: string) => file.endsWith("kustomization.yaml");
const kustomizations = files.filter(isKustomization).map((file) => ({
  folder: dirname(file),
  content: documentsOf(texts.get(file) ?? "")[0] as unknown as Kustomization,
}));
const patches = new Set(kustomizations.flatMap(({ folder, content }) => content.patches?.map(({ path }) => join(folder, path)) ?? []));
const resources = files
  .filter((file) => !isKustomization(file) && !patches.has(file))
  .flatMap((file) => documentsOf(texts.get(file) ?? ""));

function find(kind: string, name: string): Resource {
  const found = resources.find((each) => each.kind === kind && each.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

const podOf = (name: string) => find("Deployment", name).spec.template.spec;

/** `apps/v1`, `core` is `v1` alone. */
const moduleOf = ({ apiVersion }: Resource) => `kubernetes-models/${apiVersion}`;

/** What is wrong with a resource by the schema of its kind; the empty text where nothing is. */
async function faultOf(resource: Resource): Promise<string> {
  const models = (await import(moduleOf(resource))) as Readonly<Record<string, new (data: object) => { validate(): void }>>;
  const Model = models[resource.kind];
  if (Model === undefined) return `${resource.apiVersion} has no ${resource.kind}`;
  try {
    new Model(resource).validate();
    return "";
  } catch (thrown) {
    return `${resource.kind} ${resource.metadata.name}: ${(thrown as Error).message}`;
  }
}

/** A schema takes fields that it does not know; the compiler does not, of a literal. */
function asTypedLiterals(whole: readonly Resource[], parts: readonly Resource[]): string {
  const literal = (resource: Resource, index: number, type: (name: string) => string) => {
    const name = `I${resource.kind}`;
    return [
      `import type { ${name} as K${index} } from ${JSON.stringify(moduleOf(resource))};`,
      `export const r${index}: ${type(`K${index}`)} = ${JSON.stringify(resource)};`,
    ];
  };
  return [
    "type Part<T> = T extends readonly (infer E)[] ? Part<E>[] : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;",
    ...whole.flatMap((resource, index) => literal(resource, index, (name) => name)),
    ...parts.flatMap((resource, index) => literal(resource, whole.length + index, (name) => `Part<${name}>`)),
  ].join("\n");
}

async function compile(text: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-k8s-"));
  try {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "resources.ts"), text);
    const words = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", "", "resources.ts"];
    return (await runProgram([join(ROOT, "node_modules/.bin/tsc"), ...words], { cwd: folder })).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("every file is named by one kustomization of its folder, and what they name is there", () => {
  const named = kustomizations.flatMap(({ folder, content }) =>
    [...(content.resources ?? []), ...(content.components ?? []), ...(content.patches?.map(({ path }) => path) ?? [])].map((path) =>
      join(folder, path),
    ),
  );
  const folders = new Set(kustomizations.map(({ folder }) => folder));
  expect(named.filter((path) => !files.includes(path) && !folders.has(path))).toEqual([]);
  expect(files.filter((file) => !isKustomization(file)).map((file) => [file, named.filter((path) => path === file).length])).toEqual(
    files.filter((file) => !isKustomization(file)).map((file) => [file, 1]),
  );
});

test("every resource holds the schema of its kind, and a wrong one does not", async () => {
  expect(resources.length).toBeGreaterThan(10);
  expect(await Promise.all(resources.map(faultOf))).toEqual(resources.map(() => ""));
  const wrong = structuredClone(find("Deployment", "mcplocal")) as { spec: { replicas?: unknown } } & Resource;
  wrong.spec.replicas = "three";
  expect(await faultOf(wrong)).toContain("data/spec/replicas must be integer");
});

test("no resource or patch has a field that its kind does not know, and a misspelt one is found", async () => {
  const parts = [...patches].flatMap((file) => documentsOf(texts.get(file) ?? ""));
  expect(parts.length).toBeGreaterThan(1);
  expect(await compile(asTypedLiterals(resources, parts))).toBe("");
  const wrong = structuredClone(find("Deployment", "mcplocal"));
  wrong.spec.template.spec.containers[0].securityContext.readOnlyRootFileSystem = true;
  expect(await compile(asTypedLiterals([wrong], []))).toContain("readOnlyRootFileSystem");
}, 60_000);

describe.each(["mcplocal", "mcpd"])("the pods of %s", (name) => {
  test("cannot write to their root, gain a privilege or speak to Kubernetes", () => {
    const { automountServiceAccountToken, hostNetwork, securityContext, containers } = podOf(name);
    expect([automountServiceAccountToken, hostNetwork, containers]).toMatchObject([false, undefined, { length: 1 }]);
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } });
    const [{ securityContext: own, resources: limits }] = containers;
    expect(own).toEqual({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(Object.keys(limits.limits)).toEqual(["cpu", "memory"]);
  });

  test("are asked whether they started, live and are ready, and are not taken away all at once", () => {
    const [{ startupProbe, livenessProbe, readinessProbe, ports }] = podOf(name).containers;
    expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual(["/healthz", "/healthz", "/readyz"]);
    expect([startupProbe, livenessProbe, readinessProbe].every(({ httpGet }) => httpGet.port === ports[0].name)).toBe(true);
    expect(find("PodDisruptionBudget", name).spec.selector.matchLabels).toEqual({ "app.kubernetes.io/name": name });
  });

  test("take requests from the ingress and their own namespace, and never reach a cloud's metadata", () => {
    const { podSelector, policyTypes, ingress, egress } = find("NetworkPolicy", name).spec;
    expect([podSelector.matchLabels, policyTypes]).toEqual([{ "app.kubernetes.io/name": name }, ["Ingress", "Egress"]]);
    expect(ingress).toEqual(find("NetworkPolicy", "mcpd").spec.ingress);
    const blocks = egress.flatMap(({ to }: { readonly to: readonly { readonly ipBlock?: { readonly except: string[] } }[] }) =>
      to.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [ipBlock])),
    );
    expect(blocks.length).toBeGreaterThan(0);
    for (const { except } of blocks) expect(except).toContain("169.254.0.0/16");
  });
});

test("the gateway is Deployment mcplocal behind Service mcp, 80 to 3200, and an Ingress with TLS by a cluster's issuer", () => {
  expect(kustomizations.filter(({ content }) => content.kind === "Kustomization").length).toBeGreaterThan(1);
  for (const { content } of kustomizations.filter((each) => each.content.kind === "Kustomization")) {
    expect(content).toMatchObject({ namespace: "mcpctl" });
  }
  const { type, selector, ports } = find("Service", "mcp").spec;
  expect([type, selector]).toEqual(["ClusterIP", find("Deployment", "mcplocal").spec.selector.matchLabels]);
  expect(ports).toEqual([{ name: "http", port: 80, targetPort: "http" }]);
  expect(podOf("mcplocal").containers[0].ports).toEqual([{ name: "http", containerPort: 3200 }]);
  const { metadata, spec } = find("Ingress", "mcp");
  expect(metadata.annotations).toHaveProperty(["cert-manager.io/cluster-issuer"]);
  expect(spec.rules[0].http.paths[0].backend.service).toEqual({ name: "mcp", port: { name: "http" } });
  expect(spec.tls[0].hosts).toEqual([spec.rules[0].host]);
  expect(spec.rules[0].host).toEndWith("example.org");
});

test("the cache is a volume of 10Gi that one node writes, at the path that the image declares", () => {
  expect(find("PersistentVolumeClaim", "mcplocal-cache").spec).toEqual({
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "10Gi" } },
  });
  const [patch] = documentsOf(texts.get("components/cache/use-cache.yaml") ?? "");
  const { containers, volumes } = patch?.spec.template.spec ?? {};
  expect(containers[0].volumeMounts).toEqual([{ name: "cache", mountPath: "/var/lib/mcplocal/cache" }]);
  expect(containers[0].env).toEqual([{ name: "MCPLOCAL_CACHE_DIR", value: "/var/lib/mcplocal/cache" }]);
  expect(volumes[0].persistentVolumeClaim).toEqual({ claimName: "mcplocal-cache" });
});

test("the gateway needs mcpd's URL alone, and has no secret and no volume of its own", () => {
  const { containers, volumes } = podOf("mcplocal");
  expect(containers[0].env).toEqual([
    { name: "MCPLOCAL_MCPD_URL", value: "http://mcpd.mcpctl.svc.cluster.local:3100" },
    { name: "MCP_MULTIUSER_MODE", value: "true" },
  ]);
  expect([containers[0].envFrom, volumes]).toEqual([undefined, [{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } }]]);
  expect(resources.filter(({ kind }) => kind === "Secret")).toEqual([]);
});

test("replicas are added by load, and never fewer than two", () => {
  const { scaleTargetRef, minReplicas } = find("HorizontalPodAutoscaler", "mcplocal").spec;
  expect([scaleTargetRef.kind, scaleTargetRef.name, minReplicas]).toEqual(["Deployment", "mcplocal", 2]);
  expect(find("Deployment", "mcplocal").spec).not.toHaveProperty("replicas");
});

requires(Bun.which("kubectl") !== null, "kubectl is not installed")(
  "kubectl renders both ways, and what comes out holds the schemas",
  async () => {
    for (const folder of [".", "stateless"]) {
      const { exitCode, stdout, stderr } = await runProgram(["kubectl", "kustomize", join(K8S, folder)], { cwd: tmpdir() });
      expect([exitCode, stderr]).toEqual([0, ""]);
      const rendered = documentsOf(stdout);
      expect(await Promise.all(rendered.map(faultOf))).toEqual(rendered.map(() => ""));
      expect(rendered.filter(({ kind, metadata }) => kind !== "Namespace" && metadata.namespace !== "mcpctl")).toEqual([]);
      const claims = rendered.filter(({ kind }) => kind === "PersistentVolumeClaim").map(({ metadata }) => metadata.name);
      expect([folder, claims]).toEqual([folder, folder === "." ? ["mcpd-data", "mcplocal-cache"] : ["mcpd-data"]]);
    }
  },
);

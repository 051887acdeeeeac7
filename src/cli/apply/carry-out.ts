import type { ApiClient } from "../../api/api-client.ts";
import type { Resource } from "../kinds/kind.ts";
import { createResource, findResource, updateResource } from "../kinds/kind-api.ts";
import type { SpecDocument } from "./parse-document.ts";
import { type Plan, planChange } from "./plan-change.ts";
import { sameValue } from "./same-value.ts";

export type Applied =
  | { readonly what: "created" | "configured" | "unchanged"; readonly resource: Resource | undefined }
  | { readonly what: "skipped"; readonly why: string };

/** What is there now and what has to be done. */
export async function planFor(api: ApiClient, document: SpecDocument, now: Date): Promise<{ current: Resource | undefined; plan: Plan }> {
  // What is never applied is not looked for either.
  const current =
    document.spec.notOwn?.(document.ref.name) === undefined ? await findResource(api, document.kind, document.ref) : undefined;
  return { current, plan: planChange(document, current, now) };
}

/** Does it; in a dry run it says only what it would do. A change since it was looked at is not written over. */
export async function applyDocument(api: ApiClient, document: SpecDocument, now: Date, dryRun: boolean): Promise<Applied> {
  const { kind, ref } = document;
  const { current, plan } = await planFor(api, document, now);
  switch (plan.step) {
    case "skip":
      return { what: "skipped", why: plan.why };
    case "none":
      return { what: "unchanged", resource: current };
    case "update": {
      const version = current?.version as number | undefined;
      return { what: "configured", resource: dryRun ? current : await updateResource(api, kind, ref, plan.patch, version) };
    }
    case "create":
      return { what: "created", resource: dryRun ? undefined : await create(api, document, plan) };
  }
}

async function create(api: ApiClient, { kind, ref }: SpecDocument, { body, afterwards }: Plan & { step: "create" }): Promise<Resource> {
  const created = await createResource(api, kind, body);
  const patch = Object.fromEntries(Object.entries(afterwards).filter(([field, value]) => !sameValue(value, created[field])));
  if (Object.keys(patch).length === 0) return created;
  return { ...created, ...(await updateResource(api, kind, ref, patch, created.version as number | undefined)) };
}

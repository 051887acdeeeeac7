import { AppError } from "../../core/app-error.ts";
import type { ContainerInfo, Runtime } from "../../runtime/runtime.ts";
import { isForeign, isOwnedBy, type Owner, ownerText } from "../component/ownership-of.ts";

/** The component's container of this name, where there is one. Throws `conflict`/`CONTAINER_FOREIGN` where it is somebody else's. */
export async function ownContainer(
  runtime: Pick<Runtime, "inspect">,
  name: string,
  owner: Owner,
  signal?: AbortSignal,
): Promise<ContainerInfo | undefined> {
  const info = await runtime.inspect(name, signal);
  if (info === undefined || isOwnedBy(info, owner)) return info;
  throw new AppError("conflict", "CONTAINER_FOREIGN", `The container ${name} is there and belongs to ${ownerText(info)}`, {
    hint: isForeign(info, owner)
      ? "give the service another name, or have the other agent remove its own first"
      : `take it over with mcpctl adopt ${owner.service}, or remove or rename it`,
  });
}

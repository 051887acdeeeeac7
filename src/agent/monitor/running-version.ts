import type { ContainerInfo } from "../../runtime/runtime.ts";
import { versionOfImage } from "../../service-definition/image-reference.ts";
import { LABELS } from "../component/labels.ts";
import type { ComponentRecord } from "../registry/registry.ts";

/**
 * The tag of the image that a container was made of; empty for none. Ours are made by an image's id, so that the tag stands in
 * the registry alone: as it was written when the container was made, else as the component says.
 */
export function runningVersion(
  record: Pick<ComponentRecord, "containerId" | "version" | "spec">,
  container: Pick<ContainerInfo, "id" | "image" | "labels">,
): string {
  if (container.id === record.containerId && record.version !== "") return record.version;
  return versionOfImage(container.labels[LABELS.managed] === "true" ? record.spec.image : container.image);
}

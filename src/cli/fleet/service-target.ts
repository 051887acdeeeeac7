import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";

/** What `SERVICE` or `SERVICE/COMPONENT` names. */
export interface ServiceTarget {
  readonly service: string;
  /** Undefined: all of them. */
  readonly component: string | undefined;
}

const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** Throws `invalid`/`SERVICE_NAME_INVALID`. */
export function parseServiceTarget(text: string): ServiceTarget {
  const [service = "", component, ...rest] = text.split("/");
  const names = component === undefined ? [service] : [service, component];
  if (rest.length === 0 && names.every((name) => NAME.test(name))) return { service, component };
  throw new AppError("invalid", "SERVICE_NAME_INVALID", `'${text}' names no service`, {
    hint: "write SERVICE or SERVICE/COMPONENT; names are 1 to 40 of a-z, 0-9 and '-', beginning with a letter",
  });
}

/** Throws as `parseServiceTarget`, also for a component. */
export function parseServiceName(text: string): string {
  const { service, component } = parseServiceTarget(text);
  if (component === undefined) return service;
  throw new AppError("invalid", "SERVICE_NAME_INVALID", `'${text}' names a component; this is about a whole service`, {
    hint: `write ${service}`,
  });
}

/** Throws `not_found`/`COMPONENT_UNKNOWN` with the nearest. */
export function requireComponent(service: string, component: string | undefined, known: readonly string[]): void {
  if (component === undefined || known.includes(component)) return;
  const [near] = nearest(component, known);
  throw new AppError("not_found", "COMPONENT_UNKNOWN", `Service ${service} has no component '${component}'`, {
    hint: `${near === undefined ? "" : `did you mean ${near}? `}its components are ${known.join(", ")}`,
  });
}

export function formatTarget({ service, component }: ServiceTarget): string {
  return component === undefined ? service : `${service}/${component}`;
}

import { AppError } from "../../core/app-error.ts";

export function serviceNotFound(name: string): AppError {
  return new AppError("not_found", "SERVICE_NOT_FOUND", `There is no service ${name} on this node`, {
    hint: "mcpctl list shows those that there are",
  });
}

export function componentNotFound(service: string, component: string): AppError {
  return new AppError("not_found", "COMPONENT_NOT_FOUND", `The service ${service} has no component ${component} on this node`, {
    hint: `mcpctl status ${service} shows those that it has`,
  });
}

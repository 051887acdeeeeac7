import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ComponentResultSchema,
  OperationKind,
  type OperationSchema,
  OperationState,
  type OperationStepSchema,
  StepState,
} from "../../../gen/mcp/v1/operation_pb.ts";
import { given } from "../../core/given.ts";
import type { ComponentResult, OperationReport } from "../agent-use-cases.ts";
import type { OperationRecord, StepRecord } from "../registry/registry.ts";
import { timestampOf } from "./time-message.ts";

const KINDS: Readonly<Record<OperationRecord["kind"], OperationKind>> = {
  deploy: OperationKind.DEPLOY,
  rollback: OperationKind.ROLLBACK,
  stop: OperationKind.STOP,
  start: OperationKind.START,
  restart: OperationKind.RESTART,
  remove: OperationKind.REMOVE,
  adopt: OperationKind.ADOPT,
  heal: OperationKind.HEAL,
};

const STATES: Readonly<Record<OperationRecord["state"], OperationState>> = {
  running: OperationState.RUNNING,
  succeeded: OperationState.SUCCEEDED,
  failed: OperationState.FAILED,
  rolled_back: OperationState.ROLLED_BACK,
  partial: OperationState.PARTIAL,
};

const STEP_STATES: Readonly<Record<StepRecord["state"], StepState>> = {
  running: StepState.RUNNING,
  done: StepState.DONE,
  failed: StepState.FAILED,
};

/** An operation with its steps; what it was asked for and what it needs to be undone stays here. */
export function operationMessage({ operation, steps }: OperationReport): MessageInitShape<typeof OperationSchema> {
  const { id, kind, service, component, state, requestId, caller, startedAt, finishedAt, error } = operation;
  return {
    id,
    kind: KINDS[kind],
    serviceName: service,
    component,
    state: STATES[state],
    requestId,
    caller,
    steps: steps.map(stepMessage),
    error,
    ...given({ startedAt: timestampOf(startedAt), finishedAt: timestampOf(finishedAt) }),
  };
}

export function stepMessage({
  number,
  component,
  name,
  state,
  startedAt,
  finishedAt,
  detail,
}: StepRecord): MessageInitShape<typeof OperationStepSchema> {
  return {
    number,
    component,
    name,
    state: STEP_STATES[state],
    detail,
    ...given({ startedAt: timestampOf(startedAt), finishedAt: timestampOf(finishedAt) }),
  };
}

export function resultMessage(result: ComponentResult): MessageInitShape<typeof ComponentResultSchema> {
  return { ...result, deployment: BigInt(result.deployment) };
}

/** What Deploy, Rollback and those of the life cycle answer with. */
export function reportMessage(report: OperationReport) {
  return { operation: operationMessage(report), results: report.results.map(resultMessage) };
}

import type { AgentConfig } from "../agent/config/agent-config.ts";
import type { MonitorSettings } from "../agent/monitor/monitor-settings.ts";
import type { StartAgentOptions } from "./start-agent.ts";

const MIB = 1024 * 1024;

export function agentLimits(limits: AgentConfig["limits"]): StartAgentOptions["limits"] {
  return {
    maxRpcs: limits.max_rpcs,
    maxProxyCalls: limits.max_proxy_calls,
    maxFileBytes: limits.max_file_mib * MIB,
    keepFreeBytes: limits.keep_free_mib * MIB,
  };
}

export function monitorSettings(monitor: AgentConfig["monitor"]): MonitorSettings {
  return {
    intervalMs: monitor.interval,
    flapWindowMs: monitor.flap_window,
    flapThreshold: monitor.flap_threshold,
    cooldownMs: monitor.cooldown,
    retentionMs: monitor.retention,
    alertCommand: monitor.alert_command,
    alertTimeoutMs: monitor.alert_timeout,
  };
}

#compdef mcpctl mcp
# zsh completion for mcpctl, made by 'mcpctl completion zsh'.
# Install: mcpctl completion zsh > "${fpath[1]}/_mcpctl"

# The command that this word leads to, or nothing.
_mcpctl_child() {
  case $1 in
    "mcpctl up" | "mcpctl test" | "mcpctl test mcp" | "mcpctl verify" | "mcpctl verify stateless" | "mcpctl login" | "mcpctl logout" | "mcpctl whoami" | "mcpctl context" | "mcpctl context list" | "mcpctl context use" | "mcpctl context delete" | "mcpctl context show" | "mcpctl get" | "mcpctl describe" | "mcpctl create" | "mcpctl create project" | "mcpctl create server" | "mcpctl create user" | "mcpctl create group" | "mcpctl create secret" | "mcpctl create node" | "mcpctl create prompt" | "mcpctl create rbac" | "mcpctl create mcptoken" | "mcpctl create gateway" | "mcpctl edit" | "mcpctl delete" | "mcpctl apply" | "mcpctl diff" | "mcpctl project" | "mcpctl project attach" | "mcpctl project detach" | "mcpctl token" | "mcpctl token revoke" | "mcpctl user" | "mcpctl user password" | "mcpctl session" | "mcpctl session list" | "mcpctl session revoke" | "mcpctl auth" | "mcpctl auth can-i" | "mcpctl audit" | "mcpctl audit tail" | "mcpctl audit verify" | "mcpctl logs" | "mcpctl dispatch" | "mcpctl cancel" | "mcpctl deploy" | "mcpctl run" | "mcpctl plan" | "mcpctl rollback" | "mcpctl stop" | "mcpctl start" | "mcpctl restart" | "mcpctl list" | "mcpctl ps" | "mcpctl status" | "mcpctl sync" | "mcpctl adopt" | "mcpctl service" | "mcpctl service show" | "mcpctl service edit" | "mcpctl service export" | "mcpctl service validate" | "mcpctl service remove" | "mcpctl push" | "mcpctl pull" | "mcpctl exec" | "mcpctl events" | "mcpctl ops" | "mcpctl node" | "mcpctl node list" | "mcpctl node add" | "mcpctl node remove" | "mcpctl node status" | "mcpctl node drain" | "mcpctl node snapshot" | "mcpctl completion") echo "$1" ;;
    "mcpctl create token") echo "mcpctl create mcptoken" ;;
    "mcpctl mcptoken") echo "mcpctl token" ;;
  esac
}

# What the value of this option is; the return code says whether it takes one.
_mcpctl_value() {
  case $1 in
    "mcpctl --context") echo "@contexts" ;;
    "mcpctl --config") echo "/" ;;
    "mcpctl up --host") echo "" ;;
    "mcpctl up --api-port") echo "" ;;
    "mcpctl up --gateway-port") echo "" ;;
    "mcpctl up --data-dir") echo "/" ;;
    "mcpctl up --database-url") echo "" ;;
    "mcpctl up --config") echo "/" ;;
    "mcpctl up --metrics-address") echo "" ;;
    "mcpctl up --ready-file") echo "/" ;;
    "mcpctl test mcp --token") echo "" ;;
    "mcpctl test mcp --tool") echo "" ;;
    "mcpctl test mcp --args") echo "" ;;
    "mcpctl test mcp --expect-tools") echo "" ;;
    "mcpctl test mcp --timeout") echo "" ;;
    "mcpctl test mcp -o" | "mcpctl test mcp --output") echo "=text json" ;;
    "mcpctl verify stateless --service") echo "@fleet-services" ;;
    "mcpctl verify stateless --port") echo "" ;;
    "mcpctl verify stateless --host-port") echo "" ;;
    "mcpctl verify stateless --path") echo "" ;;
    "mcpctl verify stateless --token") echo "" ;;
    "mcpctl verify stateless --other-token") echo "" ;;
    "mcpctl verify stateless --tool") echo "" ;;
    "mcpctl verify stateless --args") echo "" ;;
    "mcpctl verify stateless --env") echo "" ;;
    "mcpctl verify stateless --timeout") echo "" ;;
    "mcpctl verify stateless -o" | "mcpctl verify stateless --output") echo "=text json junit md" ;;
    "mcpctl verify stateless --results") echo "/" ;;
    "mcpctl login --context") echo "@contexts" ;;
    "mcpctl login --config") echo "/" ;;
    "mcpctl login --url") echo "" ;;
    "mcpctl login --username") echo "" ;;
    "mcpctl login --password-file") echo "/" ;;
    "mcpctl logout --context") echo "@contexts" ;;
    "mcpctl whoami --context") echo "@contexts" ;;
    "mcpctl whoami -o" | "mcpctl whoami --output") echo "=text json" ;;
    "mcpctl context list -o" | "mcpctl context list --output") echo "=table json" ;;
    "mcpctl get --context") echo "@contexts" ;;
    "mcpctl get -o" | "mcpctl get --output") echo "=table wide json yaml name" ;;
    "mcpctl get --limit") echo "" ;;
    "mcpctl get --sort") echo "" ;;
    "mcpctl get -p" | "mcpctl get --project") echo "@projects" ;;
    "mcpctl get --name") echo "" ;;
    "mcpctl get --owner") echo "@users" ;;
    "mcpctl get --server") echo "@servers" ;;
    "mcpctl get --member") echo "@users" ;;
    "mcpctl get --subject") echo "" ;;
    "mcpctl get --backing") echo "=builtin stdio url" ;;
    "mcpctl get --enabled") echo "=true false" ;;
    "mcpctl get --status") echo "" ;;
    "mcpctl get --state") echo "=queued preparing running finished failed canceled" ;;
    "mcpctl get --token") echo "" ;;
    "mcpctl get --token-sha") echo "" ;;
    "mcpctl get --user") echo "@users" ;;
    "mcpctl get --tool") echo "" ;;
    "mcpctl get --kind") echo "=rpc mcp_request tool_call_trace session_bind rbac_decision gate_decision token_issued token_revoked dispatch" ;;
    "mcpctl get --outcome") echo "=ok refused failed" ;;
    "mcpctl get --trace") echo "" ;;
    "mcpctl get --since") echo "=15m 1h 1d 7d" ;;
    "mcpctl get --until") echo "" ;;
    "mcpctl describe --context") echo "@contexts" ;;
    "mcpctl describe -p" | "mcpctl describe --project") echo "@projects" ;;
    "mcpctl describe -o" | "mcpctl describe --output") echo "=text json" ;;
    "mcpctl create project --context") echo "@contexts" ;;
    "mcpctl create project --description") echo "" ;;
    "mcpctl create project --server") echo "@servers" ;;
    "mcpctl create project -o" | "mcpctl create project --output") echo "=text name json yaml" ;;
    "mcpctl create server --context") echo "@contexts" ;;
    "mcpctl create server --url") echo "" ;;
    "mcpctl create server --command") echo "" ;;
    "mcpctl create server --builtin") echo "" ;;
    "mcpctl create server --service") echo "@fleet-services" ;;
    "mcpctl create server --node") echo "@fleet-nodes" ;;
    "mcpctl create server --port") echo "" ;;
    "mcpctl create server --path") echo "" ;;
    "mcpctl create server --arg") echo "" ;;
    "mcpctl create server --env") echo "" ;;
    "mcpctl create server --secret-env") echo "" ;;
    "mcpctl create server --header") echo "" ;;
    "mcpctl create server --secret-header") echo "" ;;
    "mcpctl create server --allow-address") echo "" ;;
    "mcpctl create server --sharing") echo "=shared per_session" ;;
    "mcpctl create server --transport") echo "=auto streamable-http sse" ;;
    "mcpctl create server --rate-limit") echo "" ;;
    "mcpctl create server --deny-tool") echo "" ;;
    "mcpctl create server --scope") echo "" ;;
    "mcpctl create server --tool-rename") echo "" ;;
    "mcpctl create server --tool-description") echo "" ;;
    "mcpctl create server --tool-hide") echo "" ;;
    "mcpctl create server --tool-definition") echo "" ;;
    "mcpctl create server --concurrency") echo "" ;;
    "mcpctl create server --method-rate-limit") echo "" ;;
    "mcpctl create server --stream") echo "=on off" ;;
    "mcpctl create server --idle-timeout") echo "" ;;
    "mcpctl create server --total-timeout") echo "" ;;
    "mcpctl create server --max-payload-kb") echo "" ;;
    "mcpctl create server --max-result-bytes") echo "" ;;
    "mcpctl create server --max-result-items") echo "" ;;
    "mcpctl create server --era") echo "=auto legacy modern" ;;
    "mcpctl create server --probe") echo "" ;;
    "mcpctl create server -p" | "mcpctl create server --project") echo "@projects" ;;
    "mcpctl create server --description") echo "" ;;
    "mcpctl create server -o" | "mcpctl create server --output") echo "=text name json yaml" ;;
    "mcpctl create user --context") echo "@contexts" ;;
    "mcpctl create user --email") echo "" ;;
    "mcpctl create user --role") echo "=admin view create delete edit run" ;;
    "mcpctl create user -o" | "mcpctl create user --output") echo "=text name json yaml" ;;
    "mcpctl create group --context") echo "@contexts" ;;
    "mcpctl create group --member") echo "@users" ;;
    "mcpctl create group --description") echo "" ;;
    "mcpctl create group -o" | "mcpctl create group --output") echo "=text name json yaml" ;;
    "mcpctl create secret --context") echo "@contexts" ;;
    "mcpctl create secret --description") echo "" ;;
    "mcpctl create secret -o" | "mcpctl create secret --output") echo "=text name json yaml" ;;
    "mcpctl create node --context") echo "@contexts" ;;
    "mcpctl create node --description") echo "" ;;
    "mcpctl create node -o" | "mcpctl create node --output") echo "=text name json yaml" ;;
    "mcpctl create prompt --context") echo "@contexts" ;;
    "mcpctl create prompt -p" | "mcpctl create prompt --project") echo "@projects" ;;
    "mcpctl create prompt --template-file") echo "/" ;;
    "mcpctl create prompt --arg") echo "" ;;
    "mcpctl create prompt --description") echo "" ;;
    "mcpctl create prompt -o" | "mcpctl create prompt --output") echo "=text name json yaml" ;;
    "mcpctl create rbac --context") echo "@contexts" ;;
    "mcpctl create rbac --subject") echo "" ;;
    "mcpctl create rbac --roleBindings") echo "" ;;
    "mcpctl create rbac -o" | "mcpctl create rbac --output") echo "=text name json yaml" ;;
    "mcpctl create mcptoken --context") echo "@contexts" ;;
    "mcpctl create mcptoken -p" | "mcpctl create mcptoken --project") echo "@projects" ;;
    "mcpctl create mcptoken --rbac") echo "=empty clone" ;;
    "mcpctl create mcptoken --bind") echo "" ;;
    "mcpctl create mcptoken --ttl") echo "=30d 12h never" ;;
    "mcpctl create mcptoken --description") echo "" ;;
    "mcpctl create mcptoken -o" | "mcpctl create mcptoken --output") echo "=text json" ;;
    "mcpctl create gateway --context") echo "@contexts" ;;
    "mcpctl create gateway --description") echo "" ;;
    "mcpctl create gateway -o" | "mcpctl create gateway --output") echo "=text json" ;;
    "mcpctl edit --context") echo "@contexts" ;;
    "mcpctl edit -p" | "mcpctl edit --project") echo "@projects" ;;
    "mcpctl delete --context") echo "@contexts" ;;
    "mcpctl delete -p" | "mcpctl delete --project") echo "@projects" ;;
    "mcpctl apply --context") echo "@contexts" ;;
    "mcpctl apply -f" | "mcpctl apply --filename") echo "/" ;;
    "mcpctl diff --context") echo "@contexts" ;;
    "mcpctl diff -f" | "mcpctl diff --filename") echo "/" ;;
    "mcpctl project attach --context") echo "@contexts" ;;
    "mcpctl project detach --context") echo "@contexts" ;;
    "mcpctl token revoke --context") echo "@contexts" ;;
    "mcpctl token revoke -p" | "mcpctl token revoke --project") echo "@projects" ;;
    "mcpctl user password --context") echo "@contexts" ;;
    "mcpctl session list --context") echo "@contexts" ;;
    "mcpctl session list --user") echo "@users" ;;
    "mcpctl session list -o" | "mcpctl session list --output") echo "=table json" ;;
    "mcpctl session revoke --context") echo "@contexts" ;;
    "mcpctl auth can-i --context") echo "@contexts" ;;
    "mcpctl auth can-i --as") echo "" ;;
    "mcpctl auth can-i -o" | "mcpctl auth can-i --output") echo "=text json" ;;
    "mcpctl audit tail --context") echo "@contexts" ;;
    "mcpctl audit tail -o" | "mcpctl audit tail --output") echo "=text json" ;;
    "mcpctl audit tail --token") echo "" ;;
    "mcpctl audit tail --token-sha") echo "" ;;
    "mcpctl audit tail --user") echo "@users" ;;
    "mcpctl audit tail -p" | "mcpctl audit tail --project") echo "@projects" ;;
    "mcpctl audit tail --server") echo "@servers" ;;
    "mcpctl audit tail --tool") echo "" ;;
    "mcpctl audit tail --status") echo "" ;;
    "mcpctl audit tail --kind") echo "=rpc mcp_request tool_call_trace session_bind rbac_decision gate_decision token_issued token_revoked dispatch" ;;
    "mcpctl audit tail --outcome") echo "=ok refused failed" ;;
    "mcpctl audit tail --trace") echo "" ;;
    "mcpctl audit verify --context") echo "@contexts" ;;
    "mcpctl audit verify -o" | "mcpctl audit verify --output") echo "=text json" ;;
    "mcpctl logs --context") echo "@contexts" ;;
    "mcpctl logs --config") echo "/" ;;
    "mcpctl logs --node") echo "@fleet-nodes" ;;
    "mcpctl logs --tail") echo "" ;;
    "mcpctl logs -o" | "mcpctl logs --output") echo "=text json" ;;
    "mcpctl dispatch --context") echo "@contexts" ;;
    "mcpctl dispatch --params") echo "" ;;
    "mcpctl dispatch --key") echo "" ;;
    "mcpctl dispatch -p" | "mcpctl dispatch --project") echo "@projects" ;;
    "mcpctl dispatch --priority") echo "=high normal low" ;;
    "mcpctl dispatch --timeout") echo "" ;;
    "mcpctl dispatch --url") echo "" ;;
    "mcpctl dispatch -o" | "mcpctl dispatch --output") echo "=text json" ;;
    "mcpctl cancel --context") echo "@contexts" ;;
    "mcpctl deploy --config") echo "/" ;;
    "mcpctl deploy --context") echo "@contexts" ;;
    "mcpctl deploy --timeout") echo "" ;;
    "mcpctl deploy -f" | "mcpctl deploy --filename") echo "/" ;;
    "mcpctl deploy --node") echo "@fleet-nodes" ;;
    "mcpctl deploy --on-failure") echo "=continue stop revert" ;;
    "mcpctl deploy --pull") echo "=missing always never" ;;
    "mcpctl deploy -o" | "mcpctl deploy --output") echo "=text json" ;;
    "mcpctl run --config") echo "/" ;;
    "mcpctl run --context") echo "@contexts" ;;
    "mcpctl run --timeout") echo "" ;;
    "mcpctl run --name") echo "" ;;
    "mcpctl run --node") echo "@fleet-nodes" ;;
    "mcpctl run --port") echo "" ;;
    "mcpctl run --path") echo "" ;;
    "mcpctl run --env") echo "" ;;
    "mcpctl run --secret") echo "" ;;
    "mcpctl run --memory") echo "" ;;
    "mcpctl run --profile") echo "=default strict stateless trusted" ;;
    "mcpctl run --bin") echo "" ;;
    "mcpctl run -p" | "mcpctl run --project") echo "@projects" ;;
    "mcpctl plan --config") echo "/" ;;
    "mcpctl plan --context") echo "@contexts" ;;
    "mcpctl plan --timeout") echo "" ;;
    "mcpctl plan -f" | "mcpctl plan --filename") echo "/" ;;
    "mcpctl plan --node") echo "@fleet-nodes" ;;
    "mcpctl plan -o" | "mcpctl plan --output") echo "=text json" ;;
    "mcpctl rollback --config") echo "/" ;;
    "mcpctl rollback --context") echo "@contexts" ;;
    "mcpctl rollback --timeout") echo "" ;;
    "mcpctl rollback --to") echo "" ;;
    "mcpctl rollback --node") echo "@fleet-nodes" ;;
    "mcpctl rollback -o" | "mcpctl rollback --output") echo "=text json" ;;
    "mcpctl stop --config") echo "/" ;;
    "mcpctl stop --context") echo "@contexts" ;;
    "mcpctl stop --timeout") echo "" ;;
    "mcpctl stop --node") echo "@fleet-nodes" ;;
    "mcpctl stop -o" | "mcpctl stop --output") echo "=text json" ;;
    "mcpctl start --config") echo "/" ;;
    "mcpctl start --context") echo "@contexts" ;;
    "mcpctl start --timeout") echo "" ;;
    "mcpctl start --node") echo "@fleet-nodes" ;;
    "mcpctl start -o" | "mcpctl start --output") echo "=text json" ;;
    "mcpctl restart --config") echo "/" ;;
    "mcpctl restart --context") echo "@contexts" ;;
    "mcpctl restart --timeout") echo "" ;;
    "mcpctl restart --node") echo "@fleet-nodes" ;;
    "mcpctl restart -o" | "mcpctl restart --output") echo "=text json" ;;
    "mcpctl list --config") echo "/" ;;
    "mcpctl list --context") echo "@contexts" ;;
    "mcpctl list --timeout") echo "" ;;
    "mcpctl list --node") echo "@fleet-nodes" ;;
    "mcpctl list -o" | "mcpctl list --output") echo "=table json" ;;
    "mcpctl ps --config") echo "/" ;;
    "mcpctl ps --context") echo "@contexts" ;;
    "mcpctl ps --timeout") echo "" ;;
    "mcpctl ps --node") echo "@fleet-nodes" ;;
    "mcpctl ps -o" | "mcpctl ps --output") echo "=table json" ;;
    "mcpctl status --config") echo "/" ;;
    "mcpctl status --context") echo "@contexts" ;;
    "mcpctl status --timeout") echo "" ;;
    "mcpctl status --node") echo "@fleet-nodes" ;;
    "mcpctl status -o" | "mcpctl status --output") echo "=table json" ;;
    "mcpctl status --since") echo "=15m 1h 1d 7d" ;;
    "mcpctl status --events") echo "" ;;
    "mcpctl sync --config") echo "/" ;;
    "mcpctl sync --context") echo "@contexts" ;;
    "mcpctl sync --timeout") echo "" ;;
    "mcpctl sync --node") echo "@fleet-nodes" ;;
    "mcpctl sync -o" | "mcpctl sync --output") echo "=table json" ;;
    "mcpctl adopt --config") echo "/" ;;
    "mcpctl adopt --context") echo "@contexts" ;;
    "mcpctl adopt --timeout") echo "" ;;
    "mcpctl adopt --node") echo "@fleet-nodes" ;;
    "mcpctl adopt --container") echo "" ;;
    "mcpctl adopt --component") echo "" ;;
    "mcpctl adopt -o" | "mcpctl adopt --output") echo "=table json" ;;
    "mcpctl service show --config") echo "/" ;;
    "mcpctl service show --context") echo "@contexts" ;;
    "mcpctl service show --timeout") echo "" ;;
    "mcpctl service show --node") echo "@fleet-nodes" ;;
    "mcpctl service show -o" | "mcpctl service show --output") echo "=toml json" ;;
    "mcpctl service edit --config") echo "/" ;;
    "mcpctl service edit --context") echo "@contexts" ;;
    "mcpctl service edit --timeout") echo "" ;;
    "mcpctl service edit --node") echo "@fleet-nodes" ;;
    "mcpctl service export --config") echo "/" ;;
    "mcpctl service export --context") echo "@contexts" ;;
    "mcpctl service export --timeout") echo "" ;;
    "mcpctl service export -f" | "mcpctl service export --filename") echo "/" ;;
    "mcpctl service export --node") echo "@fleet-nodes" ;;
    "mcpctl service validate --config") echo "/" ;;
    "mcpctl service validate --context") echo "@contexts" ;;
    "mcpctl service validate --timeout") echo "" ;;
    "mcpctl service remove --config") echo "/" ;;
    "mcpctl service remove --context") echo "@contexts" ;;
    "mcpctl service remove --timeout") echo "" ;;
    "mcpctl service remove --node") echo "@fleet-nodes" ;;
    "mcpctl service remove -o" | "mcpctl service remove --output") echo "=text json" ;;
    "mcpctl push --config") echo "/" ;;
    "mcpctl push --context") echo "@contexts" ;;
    "mcpctl push --timeout") echo "" ;;
    "mcpctl push --mode") echo "" ;;
    "mcpctl push --node") echo "@fleet-nodes" ;;
    "mcpctl push -o" | "mcpctl push --output") echo "=text json" ;;
    "mcpctl pull --config") echo "/" ;;
    "mcpctl pull --context") echo "@contexts" ;;
    "mcpctl pull --timeout") echo "" ;;
    "mcpctl pull --node") echo "@fleet-nodes" ;;
    "mcpctl exec --config") echo "/" ;;
    "mcpctl exec --context") echo "@contexts" ;;
    "mcpctl exec --timeout") echo "" ;;
    "mcpctl exec --node") echo "@fleet-nodes" ;;
    "mcpctl events --config") echo "/" ;;
    "mcpctl events --context") echo "@contexts" ;;
    "mcpctl events --timeout") echo "" ;;
    "mcpctl events --since") echo "=15m 1h 1d 7d" ;;
    "mcpctl events --node") echo "@fleet-nodes" ;;
    "mcpctl events -o" | "mcpctl events --output") echo "=text json" ;;
    "mcpctl ops --config") echo "/" ;;
    "mcpctl ops --context") echo "@contexts" ;;
    "mcpctl ops --timeout") echo "" ;;
    "mcpctl ops --node") echo "@fleet-nodes" ;;
    "mcpctl ops -o" | "mcpctl ops --output") echo "=table json" ;;
    "mcpctl ops --service") echo "@fleet-services" ;;
    "mcpctl ops --limit") echo "" ;;
    "mcpctl node list --config") echo "/" ;;
    "mcpctl node list --context") echo "@contexts" ;;
    "mcpctl node list --timeout") echo "" ;;
    "mcpctl node list -o" | "mcpctl node list --output") echo "=table json" ;;
    "mcpctl node add --config") echo "/" ;;
    "mcpctl node add --context") echo "@contexts" ;;
    "mcpctl node add --timeout") echo "" ;;
    "mcpctl node add --fingerprint") echo "" ;;
    "mcpctl node add --ca") echo "/" ;;
    "mcpctl node remove --config") echo "/" ;;
    "mcpctl node remove --context") echo "@contexts" ;;
    "mcpctl node remove --timeout") echo "" ;;
    "mcpctl node status --config") echo "/" ;;
    "mcpctl node status --context") echo "@contexts" ;;
    "mcpctl node status --timeout") echo "" ;;
    "mcpctl node status -o" | "mcpctl node status --output") echo "=table json" ;;
    "mcpctl node drain --config") echo "/" ;;
    "mcpctl node drain --context") echo "@contexts" ;;
    "mcpctl node drain --timeout") echo "" ;;
    "mcpctl node drain --limit") echo "" ;;
    "mcpctl node drain -o" | "mcpctl node drain --output") echo "=text json" ;;
    "mcpctl node snapshot --config") echo "/" ;;
    "mcpctl node snapshot --context") echo "@contexts" ;;
    "mcpctl node snapshot --timeout") echo "" ;;
    "mcpctl node snapshot -o" | "mcpctl node snapshot --output") echo "=text json" ;;
    *) return 1 ;;
  esac
}

# What this operand is.
_mcpctl_operand() {
  case $1 in
    "mcpctl context use 0") echo "@contexts" ;;
    "mcpctl context delete 0") echo "@contexts" ;;
    "mcpctl context show 0") echo "@contexts" ;;
    "mcpctl get 0") echo "=users user groups group secrets secret nodes node servers server srv projects project proj prompts prompt rbac rolebinding rolebindings mcptokens mcptoken token tokens gateways gateway gw tasks task audit audits auditevent auditevents" ;;
    "mcpctl get "*) echo "@" ;;
    "mcpctl describe 0") echo "=users user groups group secrets secret nodes node servers server srv projects project proj prompts prompt rbac rolebinding rolebindings mcptokens mcptoken token tokens gateways gateway gw tasks task audit audits auditevent auditevents" ;;
    "mcpctl describe "*) echo "@" ;;
    "mcpctl edit 0") echo "=users user groups group secrets secret nodes node servers server srv projects project proj prompts prompt rbac rolebinding rolebindings mcptokens mcptoken token tokens gateways gateway gw tasks task audit audits auditevent auditevents" ;;
    "mcpctl edit 1") echo "@" ;;
    "mcpctl delete 0") echo "=users user groups group secrets secret nodes node servers server srv projects project proj prompts prompt rbac rolebinding rolebindings mcptokens mcptoken token tokens gateways gateway gw tasks task audit audits auditevent auditevents" ;;
    "mcpctl delete "*) echo "@" ;;
    "mcpctl project attach 0") echo "@projects" ;;
    "mcpctl project attach 1") echo "@servers" ;;
    "mcpctl project detach 0") echo "@projects" ;;
    "mcpctl project detach 1") echo "@servers" ;;
    "mcpctl token revoke "*) echo "@mcptokens" ;;
    "mcpctl user password 0") echo "@users" ;;
    "mcpctl auth can-i 0") echo "=view create delete edit run logs exec backup snapshot dispatch impersonate" ;;
    "mcpctl auth can-i 1") echo "=servers projects services nodes mcptokens users groups rbac prompts secrets gateways audit" ;;
    "mcpctl logs 0") echo "@server/" ;;
    "mcpctl dispatch 0") echo "@servers" ;;
    "mcpctl dispatch 1") echo "=tools/call prompts/get resources/read" ;;
    "mcpctl cancel 0") echo "=task" ;;
    "mcpctl cancel "*) echo "@tasks" ;;
    "mcpctl deploy 0") echo "@fleet-services" ;;
    "mcpctl plan 0") echo "@fleet-services" ;;
    "mcpctl rollback 0") echo "@fleet-services" ;;
    "mcpctl stop 0") echo "@fleet-services" ;;
    "mcpctl start 0") echo "@fleet-services" ;;
    "mcpctl restart 0") echo "@fleet-services" ;;
    "mcpctl list 0") echo "@fleet-services" ;;
    "mcpctl ps 0") echo "@fleet-services" ;;
    "mcpctl status 0") echo "@fleet-services" ;;
    "mcpctl adopt 0") echo "@fleet-services" ;;
    "mcpctl service show 0") echo "@fleet-services" ;;
    "mcpctl service edit 0") echo "@fleet-services" ;;
    "mcpctl service export 0") echo "@fleet-services" ;;
    "mcpctl service validate "*) echo "/" ;;
    "mcpctl service remove 0") echo "@fleet-services" ;;
    "mcpctl push 0") echo "/" ;;
    "mcpctl push 1") echo "@fleet-services" ;;
    "mcpctl pull 0") echo "@fleet-services" ;;
    "mcpctl pull 2") echo "/" ;;
    "mcpctl exec 0") echo "@fleet-services" ;;
    "mcpctl events 0") echo "@fleet-services" ;;
    "mcpctl node remove 0") echo "@fleet-nodes" ;;
    "mcpctl node status 0") echo "@fleet-nodes" ;;
    "mcpctl node drain 0") echo "@fleet-nodes" ;;
    "mcpctl completion 0") echo "=bash fish zsh" ;;
  esac
}

# Commands and options of a command.
_mcpctl_children() {
  case $1 in
    "mcpctl") echo "up test verify login logout whoami context get describe create edit delete apply diff project token mcptoken user session auth audit logs dispatch cancel deploy run plan rollback stop start restart list ps status sync adopt service push pull exec events ops node completion" ;;
    "mcpctl test") echo "mcp" ;;
    "mcpctl verify") echo "stateless" ;;
    "mcpctl context") echo "list use delete show" ;;
    "mcpctl create") echo "project server user group secret node prompt rbac mcptoken token gateway" ;;
    "mcpctl project") echo "attach detach" ;;
    "mcpctl token") echo "revoke" ;;
    "mcpctl user") echo "password" ;;
    "mcpctl session") echo "list revoke" ;;
    "mcpctl auth") echo "can-i" ;;
    "mcpctl audit") echo "tail verify" ;;
    "mcpctl service") echo "show edit export validate remove" ;;
    "mcpctl node") echo "list add remove status drain snapshot" ;;
  esac
}

_mcpctl_options() {
  case $1 in
    "mcpctl") echo "-V --version --context --config -h --help" ;;
    "mcpctl up") echo "--host --api-port --gateway-port --data-dir --database-url --config --metrics-address --ready-file --no-agent --new-token -h --help" ;;
    "mcpctl test") echo "-h --help" ;;
    "mcpctl test mcp") echo "--token --tool --args --expect-tools --timeout -o --output --no-health -h --help" ;;
    "mcpctl verify") echo "-h --help" ;;
    "mcpctl verify stateless") echo "--service --port --host-port --path --token --other-token --tool --args --env --no-auth --timeout -o --output --results --keep -h --help" ;;
    "mcpctl login") echo "--context --config --url --username --password-stdin --password-file -h --help" ;;
    "mcpctl logout") echo "--context -h --help" ;;
    "mcpctl whoami") echo "--context -o --output -h --help" ;;
    "mcpctl context") echo "-h --help" ;;
    "mcpctl context list") echo "-o --output -h --help" ;;
    "mcpctl context use") echo "-h --help" ;;
    "mcpctl context delete") echo "-h --help" ;;
    "mcpctl context show") echo "-h --help" ;;
    "mcpctl get") echo "--context -o --output --all --limit --sort -p --project --name --owner --server --member --subject --backing --enabled --status --state --token --token-sha --user --tool --kind --outcome --trace --since --until -h --help" ;;
    "mcpctl describe") echo "--context -p --project -o --output -h --help" ;;
    "mcpctl create") echo "-h --help" ;;
    "mcpctl create project") echo "--context --description --server --force -o --output -h --help" ;;
    "mcpctl create server") echo "--context --url --command --builtin --service --node --port --path --arg --env --secret-env --header --secret-header --allow-address --sharing --transport --rate-limit --write-tools --deny-tool --scope --tool-rename --tool-description --tool-hide --tool-definition --concurrency --method-rate-limit --stream --idle-timeout --total-timeout --max-payload-kb --max-result-bytes --max-result-items --era --probe -p --project --description --disabled -o --output -h --help" ;;
    "mcpctl create user") echo "--context --password-stdin --email --role --disabled -o --output -h --help" ;;
    "mcpctl create group") echo "--context --member --description -o --output -h --help" ;;
    "mcpctl create secret") echo "--context --value-stdin --description -o --output -h --help" ;;
    "mcpctl create node") echo "--context --certificate-stdin --description -o --output -h --help" ;;
    "mcpctl create prompt") echo "--context -p --project --template-file --arg --description -o --output -h --help" ;;
    "mcpctl create rbac") echo "--context --subject --roleBindings -o --output -h --help" ;;
    "mcpctl create mcptoken") echo "--context -p --project --rbac --bind --ttl --description --force -o --output -h --help" ;;
    "mcpctl create gateway") echo "--context --description -o --output -h --help" ;;
    "mcpctl edit") echo "--context -p --project -h --help" ;;
    "mcpctl delete") echo "--context -p --project -h --help" ;;
    "mcpctl apply") echo "--context -f --filename --dry-run -h --help" ;;
    "mcpctl diff") echo "--context -f --filename -h --help" ;;
    "mcpctl project") echo "-h --help" ;;
    "mcpctl project attach") echo "--context -h --help" ;;
    "mcpctl project detach") echo "--context -h --help" ;;
    "mcpctl token") echo "-h --help" ;;
    "mcpctl token revoke") echo "--context -p --project -h --help" ;;
    "mcpctl user") echo "-h --help" ;;
    "mcpctl user password") echo "--context --password-stdin -h --help" ;;
    "mcpctl session") echo "-h --help" ;;
    "mcpctl session list") echo "--context --user -o --output -h --help" ;;
    "mcpctl session revoke") echo "--context -h --help" ;;
    "mcpctl auth") echo "-h --help" ;;
    "mcpctl auth can-i") echo "--context --as -o --output -h --help" ;;
    "mcpctl audit") echo "-h --help" ;;
    "mcpctl audit tail") echo "--context -o --output --token --token-sha --user -p --project --server --tool --status --kind --outcome --trace -h --help" ;;
    "mcpctl audit verify") echo "--context -o --output -h --help" ;;
    "mcpctl logs") echo "--context --config --node --tail -f --follow -o --output -h --help" ;;
    "mcpctl dispatch") echo "--context --params --key -p --project --priority --wait --timeout --url -o --output -h --help" ;;
    "mcpctl cancel") echo "--context -h --help" ;;
    "mcpctl deploy") echo "--config --context --timeout -f --filename --node --plan -y --yes --on-failure --pull --no-wait -o --output -h --help" ;;
    "mcpctl run") echo "--config --context --timeout --name --node --port --path --env --secret --memory --profile --bin -p --project --no-server -h --help" ;;
    "mcpctl plan") echo "--config --context --timeout -f --filename --node -o --output -h --help" ;;
    "mcpctl rollback") echo "--config --context --timeout --to --node -o --output -h --help" ;;
    "mcpctl stop") echo "--config --context --timeout --node -o --output -h --help" ;;
    "mcpctl start") echo "--config --context --timeout --node -o --output -h --help" ;;
    "mcpctl restart") echo "--config --context --timeout --node -o --output -h --help" ;;
    "mcpctl list") echo "--config --context --timeout --node -o --output -h --help" ;;
    "mcpctl ps") echo "--config --context --timeout --node -o --output -h --help" ;;
    "mcpctl status") echo "--config --context --timeout --node -o --output --since --events -h --help" ;;
    "mcpctl sync") echo "--config --context --timeout --node --plan -o --output -h --help" ;;
    "mcpctl adopt") echo "--config --context --timeout --node --container --component -o --output -h --help" ;;
    "mcpctl service") echo "-h --help" ;;
    "mcpctl service show") echo "--config --context --timeout --node -o --output -h --help" ;;
    "mcpctl service edit") echo "--config --context --timeout --node -h --help" ;;
    "mcpctl service export") echo "--config --context --timeout -f --filename --node --force -h --help" ;;
    "mcpctl service validate") echo "--config --context --timeout -h --help" ;;
    "mcpctl service remove") echo "--config --context --timeout --node -y --yes -o --output -h --help" ;;
    "mcpctl push") echo "--config --context --timeout --mode --node -o --output -h --help" ;;
    "mcpctl pull") echo "--config --context --timeout --node -h --help" ;;
    "mcpctl exec") echo "--config --context --timeout -i --stdin --node -h --help" ;;
    "mcpctl events") echo "--config --context --timeout -f --follow --since --node -o --output -h --help" ;;
    "mcpctl ops") echo "--config --context --timeout --node -o --output --service --limit -h --help" ;;
    "mcpctl node") echo "-h --help" ;;
    "mcpctl node list") echo "--config --context --timeout -o --output -h --help" ;;
    "mcpctl node add") echo "--config --context --timeout --fingerprint --ca --no-pin --accept-fingerprint -h --help" ;;
    "mcpctl node remove") echo "--config --context --timeout -h --help" ;;
    "mcpctl node status") echo "--config --context --timeout -o --output -h --help" ;;
    "mcpctl node drain") echo "--config --context --timeout --stop --undo --limit -o --output -h --help" ;;
    "mcpctl node snapshot") echo "--config --context --timeout -o --output -h --help" ;;
    "mcpctl completion") echo "-h --help" ;;
  esac
}


# Commands and options of a command with what they are, as word:description.
_mcpctl_described() {
  case $1 in
    "mcpctl") printf '%s\n' \
        'up:run the control plane and the gateway in one process, on SQLite or a database server' \
        'test:test something that runs against what it promises' \
        'verify:prove what a container promises' \
        'login:log in to an installation, and to its agents, with a password' \
        'logout:end the session of the context' \
        'whoami:show who you are and what you may do' \
        'context:choose between installations' \
        'get:show resources of a kind' \
        'describe:show all about a resource' \
        'create:create a resource' \
        'edit:change a resource in your editor' \
        'delete:delete resources' \
        'apply:create or change resources as documents say' \
        'diff:show what apply would change' \
        'project:change which servers a project has' \
        'token:revoke tokens' \
        'mcptoken:revoke tokens' \
        'user:change a user'\''s password' \
        'session:show and end log-ins' \
        'auth:ask what may be done' \
        'audit:follow and check the audit log' \
        'logs:show what a component writes, or a server'\''s process says on standard error' \
        'dispatch:have a call carried out once, now or later' \
        'cancel:take a dispatched call back' \
        'deploy:put a service into effect on its node' \
        'run:run an image, or a package of npm'\''s, as a hardened component, and register it as a server' \
        'plan:show what a deploy would change, and change nothing' \
        'rollback:go back to the deployment before, or to one that is kept' \
        'stop:stop a service, and write active = false to its file' \
        'start:start a service, and write active = true to its file' \
        'restart:stop and start a service' \
        'list:list services of all nodes, as their agents have them recorded' \
        'ps:show what runs on all nodes now, with uptime and version' \
        'status:show what should run, what does, what differs and what happened lately' \
        'sync:tell the agents what should run on their nodes' \
        'adopt:take containers that are there already into a service' \
        'service:see, change, check and remove what services are made of' \
        'push:put a file into a service'\''s directory' \
        'pull:get a file of a service'\''s directory' \
        'exec:run a command in a component' \
        'events:show what happened to components on all nodes' \
        'ops:show the latest changes on all nodes, or one with its steps' \
        'node:choose nodes, see how they are, empty them' \
        'completion:print the completion script of a shell' ;;
    "mcpctl -") printf '%s\n' \
        '-V:output the version number' \
        '--version:output the version number' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--config:configuration of the fleet' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl up -") printf '%s\n' \
        '--host:address to listen on' \
        '--api-port:port of the REST API' \
        '--gateway-port:port of the gateway' \
        '--data-dir:where everything is kept' \
        '--database-url:sqlite' \
        '--config:configuration file, TOML' \
        '--metrics-address:serve Prometheus metrics there' \
        '--ready-file:write addresses and token here, as JSON, once everything answers' \
        '--no-agent:run no agent for this machine, though podman is found' \
        '--new-token:replace the demo token and print the new one' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl test") printf '%s\n' \
        'mcp:test an MCP endpoint over Streamable HTTP' ;;
    "mcpctl test -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl test mcp -") printf '%s\n' \
        '--token:bearer token' \
        '--tool:call this tool too' \
        '--args:arguments of the tool, a JSON object' \
        '--expect-tools:tools that must be listed, with commas between' \
        '--timeout:limit for each request' \
        '-o:format of the report' \
        '--output:format of the report' \
        '--no-health:skip GET /healthz' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl verify") printf '%s\n' \
        'stateless:check that an MCP server'\''s image, or a service that runs here, keeps no state and takes nobody without a token' ;;
    "mcpctl verify -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl verify stateless -") printf '%s\n' \
        '--service:SERVICE/COMPONENT that an agent runs on this machine, in place of an image' \
        '--port:port of the server in the container' \
        '--host-port:port of this machine that it is published at' \
        '--path:path of the MCP endpoint' \
        '--token:bearer token that the server takes' \
        '--other-token:bearer token of another principal, for what must stay apart' \
        '--tool:tool to call' \
        '--args:arguments of the tool, a JSON object' \
        '--env:variable of the container, or NAME for its value here' \
        '--no-auth:the server is to take requests without a token' \
        '--timeout:how long it may take to its first answer' \
        '-o:format of the report' \
        '--output:format of the report' \
        '--results:write stateless.json, stateless.xml' \
        '--keep:keep the containers, to look at them' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl login -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--config:configuration of the fleet' \
        '--url:base URL of mcpd' \
        '--username:user name or email' \
        '--password-stdin:read the password from standard input' \
        '--password-file:read the password from this file, now and whenever the context logs in again' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl logout -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl whoami -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl context") printf '%s\n' \
        'list:list contexts' \
        'use:make a context the current one' \
        'delete:forget a context' \
        'show:show a context, the current one without a name' ;;
    "mcpctl context -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl context list -") printf '%s\n' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl context use -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl context delete -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl context show -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl get -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-o:format of the output' \
        '--output:format of the output' \
        '--all:every one, however many there are' \
        '--limit:so many at most' \
        '--sort:order by this field, with - before it the other way round, as -createdAt' \
        '-p:of this project' \
        '--project:of this project' \
        '--name:of this name' \
        '--owner:projects or tokens of this user' \
        '--server:projects with this server, or what was done with it' \
        '--member:groups with this user' \
        '--subject:definitions for this subject, as User' \
        '--backing:servers with this behind them' \
        '--enabled:servers that are enabled, or are not' \
        '--status:tokens that are active, expired or revoked' \
        '--state:tasks in this state' \
        '--token:audit' \
        '--token-sha:audit' \
        '--user:audit' \
        '--tool:audit' \
        '--kind:audit' \
        '--outcome:audit' \
        '--trace:audit' \
        '--since:audit' \
        '--until:audit' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl describe -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-p:project of tokens and prompts' \
        '--project:project of tokens and prompts' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create") printf '%s\n' \
        'project:create a project' \
        'server:register an MCP server' \
        'user:create a user' \
        'group:create a group of users' \
        'secret:keep a secret for servers to use' \
        'node:make a machine with an agent known' \
        'prompt:add a prompt to a project' \
        'rbac:give users, groups or tokens role bindings' \
        'mcptoken:issue a token for one project' \
        'token:issue a token for one project' \
        'gateway:enrol a gateway that runs apart from mcpd' ;;
    "mcpctl create -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create project -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--description:one line for people' \
        '--server:a server that is in it' \
        '--force:where it is there already, leave it as it is and succeed' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create server -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--url:it answers at this URL, over Streamable HTTP' \
        '--command:it is this program, spoken to on its standard streams' \
        '--builtin:it is one of ours' \
        '--service:it is a component that an agent runs' \
        '--node:with --service' \
        '--port:with --service' \
        '--path:with --service' \
        '--arg:with --command' \
        '--env:with --command' \
        '--secret-env:with --command' \
        '--header:with --url' \
        '--secret-header:with --url' \
        '--allow-address:with --url' \
        '--sharing:with --command' \
        '--transport:with --url' \
        '--rate-limit:calls a minute that one identity may make of each method' \
        '--write-tools:offer the tools too that it declares to write' \
        '--deny-tool:tools that are neither listed nor called, by name' \
        '--scope:the scope that a method takes' \
        '--tool-rename:another name for a tool' \
        '--tool-description:another description for a tool' \
        '--tool-hide:a tool that is neither listed nor called' \
        '--tool-definition:the digest of a tool'\''s definition, without which it is not offered' \
        '--concurrency:calls in flight at once, of all callers' \
        '--method-rate-limit:calls a minute of a method by one identity' \
        '--stream:whether answers may be streams of events' \
        '--idle-timeout:how long a call may wait without a word from the server' \
        '--total-timeout:how long a call may take' \
        '--max-payload-kb:the largest request, in KiB' \
        '--max-result-bytes:the largest answer' \
        '--max-result-items:the longest list in an answer' \
        '--era:the era of MCP that it speaks' \
        '--probe:how often it is asked whether it lives, as 30s, or off' \
        '-p:a project that gets it as its last server' \
        '--project:a project that gets it as its last server' \
        '--description:one line for people' \
        '--disabled:register it without serving it' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create user -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--password-stdin:read the password from standard input' \
        '--email:email address' \
        '--role:role on everything' \
        '--disabled:nobody can log in as this user' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create group -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--member:a user who is in it' \
        '--description:one line for people' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create secret -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--value-stdin:read its value from standard input' \
        '--description:one line for people' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create node -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--certificate-stdin:read the certificate that its agent shows, or that of who has signed it, in PEM from standard input' \
        '--description:one line for people' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create prompt -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-p:project that it belongs to' \
        '--project:project that it belongs to' \
        '--template-file:its text, with {{argument}} where an argument goes' \
        '--arg:name[!]' \
        '--description:one line for people' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create rbac -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--subject:User' \
        '--roleBindings:what they get' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create mcptoken -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-p:project that it opens' \
        '--project:project that it opens' \
        '--rbac:role bindings to start with' \
        '--bind:a role binding, as in '\''create rbac --roleBindings'\''' \
        '--ttl:how long it lives' \
        '--description:one line for people' \
        '--force:revoke the active token of this name and issue a new one' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl create gateway -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--description:one line for people' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl edit -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-p:project of a prompt' \
        '--project:project of a prompt' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl delete -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-p:project of tokens and prompts' \
        '--project:project of tokens and prompts' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl apply -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-f:file or folder of YAML or JSON documents, - for standard input' \
        '--filename:file or folder of YAML or JSON documents, - for standard input' \
        '--dry-run:say what would be done, and do nothing' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl diff -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-f:file or folder of YAML or JSON documents, - for standard input' \
        '--filename:file or folder of YAML or JSON documents, - for standard input' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl project") printf '%s\n' \
        'attach:make a server a project'\''s last one' \
        'detach:take a server out of a project' ;;
    "mcpctl project -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl project attach -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl project detach -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl token") printf '%s\n' \
        'revoke:revoke tokens' ;;
    "mcpctl token -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl token revoke -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-p:project of the tokens' \
        '--project:project of the tokens' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl user") printf '%s\n' \
        'password:set a password' ;;
    "mcpctl user -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl user password -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--password-stdin:read it from standard input' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl session") printf '%s\n' \
        'list:list your log-ins' \
        'revoke:end log-ins' ;;
    "mcpctl session -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl session list -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--user:those of another user' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl session revoke -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl auth") printf '%s\n' \
        'can-i:whether you, or another, may do something' ;;
    "mcpctl auth -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl auth can-i -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--as:User' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl audit") printf '%s\n' \
        'tail:show audit events as they come, until Ctrl-C' \
        'verify:check the chain of the audit log' ;;
    "mcpctl audit -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl audit tail -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-o:format of the output' \
        '--output:format of the output' \
        '--token:audit' \
        '--token-sha:audit' \
        '--user:audit' \
        '-p:of this project' \
        '--project:of this project' \
        '--server:projects with this server, or what was done with it' \
        '--tool:audit' \
        '--status:tokens that are active, expired or revoked' \
        '--kind:audit' \
        '--outcome:audit' \
        '--trace:audit' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl audit verify -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl logs -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--config:configuration of the fleet' \
        '--node:node of a component whose service has no file' \
        '--tail:last lines to show, at most 1000' \
        '-f:go on with lines as they come, until Ctrl-C' \
        '--follow:go on with lines as they come, until Ctrl-C' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl dispatch -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '--params:params of the method' \
        '--key:idempotency key, another one for each call' \
        '-p:at the endpoint of this project, by its rules' \
        '--project:at the endpoint of this project, by its rules' \
        '--priority:before or after others that wait' \
        '--wait:stay until it has ended, and say how far it is' \
        '--timeout:wait no longer than this' \
        '--url:base URL of the gateway' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl cancel -") printf '%s\n' \
        '--context:installation to speak to, as '\''mcpctl context list'\'' names it' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl deploy -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-f:the service'\''s TOML file' \
        '--filename:the service'\''s TOML file' \
        '--node:node of a service that has no file' \
        '--plan:only show what would change' \
        '-y:ask nothing' \
        '--yes:ask nothing' \
        '--on-failure:what becomes of the other components after one has failed' \
        '--pull:when an image is pulled' \
        '--no-wait:end as soon as the deploy is recorded' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl run -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--name:name of the service and the server' \
        '--node:the node to run it on' \
        '--port:port that it listens on in its container' \
        '--path:where it answers MCP' \
        '--env:a variable' \
        '--secret:a variable with the content of a file in the service'\''s directory' \
        '--memory:memory at most, as 512MiB' \
        '--profile:how it is hardened' \
        '--bin:program of an npm package that has several' \
        '-p:a project that gets the server' \
        '--project:a project that gets the server' \
        '--no-server:register no server' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl plan -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-f:the service'\''s TOML file' \
        '--filename:the service'\''s TOML file' \
        '--node:node of a service that has no file' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl rollback -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--to:number of the deployment, as '\''mcpctl list'\'' shows it' \
        '--node:node of a service that has no file' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl stop -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:node of a service that has no file' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl start -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:node of a service that has no file' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl restart -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:node of a service that has no file' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl list -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:ask this node alone' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl ps -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:ask this node alone' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl status -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:ask this node alone' \
        '-o:format of the output' \
        '--output:format of the output' \
        '--since:events since so long ago, as 15m or 2d' \
        '--events:so many events of each node at most' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl sync -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:only services of this node' \
        '--plan:only show what would change' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl adopt -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:node that has them' \
        '--container:this container alone, whatever its name' \
        '--component:what --container becomes' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl service") printf '%s\n' \
        'show:show what a service is, as its agent has it recorded' \
        'edit:change a service'\''s file in your editor' \
        'export:write a service'\''s file from what its agent has recorded' \
        'validate:check services'\'' files, without any node' \
        'remove:remove a service, or one component of it, from its node' ;;
    "mcpctl service -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl service show -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:ask this node alone' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl service edit -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:node of a service that has no file' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl service export -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-f:where to' \
        '--filename:where to' \
        '--node:ask this node alone' \
        '--force:change a file that says something else' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl service validate -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl service remove -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:ask this node alone' \
        '-y:ask nothing' \
        '--yes:ask nothing' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl push -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--mode:permissions, as 0640' \
        '--node:node of a service that has no file' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl pull -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:node of a service that has no file' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl exec -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-i:pass on standard input' \
        '--stdin:pass on standard input' \
        '--node:node of a service that has no file' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl events -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-f:go on with events as they come, until Ctrl-C' \
        '--follow:go on with events as they come, until Ctrl-C' \
        '--since:events since so long ago, as 15m or 2d' \
        '--node:ask this node alone' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl ops -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--node:ask this node alone' \
        '-o:format of the output' \
        '--output:format of the output' \
        '--service:only those of this service' \
        '--limit:so many of each node at most' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl node") printf '%s\n' \
        'list:list nodes' \
        'add:add a node to the configuration' \
        'remove:take a node out of the configuration' \
        'status:show how nodes are' \
        'drain:have a node take no more deploys, and stop what runs there' \
        'snapshot:have a node'\''s agent write a checked copy of its registry' ;;
    "mcpctl node -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl node list -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl node add -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--fingerprint:pin the certificate of this fingerprint, without asking the node' \
        '--ca:trust certificates of these authorities, and pin none' \
        '--no-pin:trust certificates of the system'\''s authorities, and pin none' \
        '--accept-fingerprint:pin the certificate that the node shows, without asking' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl node remove -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl node status -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl node drain -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '--stop:stop its components as well' \
        '--undo:have it take deploys again, and start what is wanted' \
        '--limit:how long changes that are under way are waited for' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl node snapshot -") printf '%s\n' \
        '--config:configuration of the fleet' \
        '--context:installation whose nodes are listed besides, as '\''mcpctl context list'\'' names it' \
        '--timeout:how long a node may take to answer, as 10s' \
        '-o:format of the output' \
        '--output:format of the output' \
        '-h:display help for command' \
        '--help:display help for command' ;;
    "mcpctl completion -") printf '%s\n' \
        '-h:display help for command' \
        '--help:display help for command' ;;
  esac
}

# Offers words from a source: "=a b" are words, "@projects" names that mcpd knows, "/" files.
_mcpctl_offer() {
  local source=$1 first=$2 project=$3 context=$4 noun
  case $source in
    "="*) compadd -- ${=source#=} ;;
    @*)
      noun=${source#@}
      compadd -- ${(f)"$("${words[1]}" __complete "${noun:-$first}" ${project:+--project} ${project:+"$project"} ${context:+--context} ${context:+"$context"} 2>/dev/null)"}
      ;;
    /) _files ;;
  esac
}

_mcpctl() {
  local command=mcpctl option="" project="" context="" word next at
  local -a operands described
  for ((at = 2; at < CURRENT; at++)); do
    word=${words[at]}
    if [[ -n $option ]]; then
      case $option in -p | --project) project=$word ;; --context) context=$word ;; esac
      option=""
    elif [[ $word == -* ]]; then
      _mcpctl_value "$command $word" >/dev/null && option=$word
    else
      next=$(_mcpctl_child "$command $word")
      if [[ -n $next ]]; then command=$next; else operands+=("$word"); fi
    fi
  done
  if [[ -n $option ]]; then
    _mcpctl_offer "$(_mcpctl_value "$command $option")" "${operands[1]}" "$project" "$context"
  elif [[ ${words[CURRENT]} == -* ]]; then
    described=(${(f)"$(_mcpctl_described "$command -")"})
    _describe option described
  elif [[ -n $(_mcpctl_children "$command") ]]; then
    described=(${(f)"$(_mcpctl_described "$command")"})
    _describe command described
  else
    _mcpctl_offer "$(_mcpctl_operand "$command ${#operands}")" "${operands[1]}" "$project" "$context"
  fi
}

if [[ $funcstack[1] == _mcpctl ]]; then _mcpctl "$@"; else compdef _mcpctl mcpctl mcp; fi

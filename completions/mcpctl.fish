# fish completion for mcpctl, made by 'mcpctl completion fish'.
# Install: mcpctl completion fish > ~/.config/fish/completions/mcpctl.fish

set -g __mcpctl_valued 'mcpctl --context' 'mcpctl up --host' 'mcpctl up --api-port' 'mcpctl up --gateway-port' 'mcpctl up --data-dir' 'mcpctl up --database-url' 'mcpctl up --config' 'mcpctl up --ready-file' 'mcpctl test mcp --token' 'mcpctl test mcp --tool' 'mcpctl test mcp --args' 'mcpctl test mcp --expect-tools' 'mcpctl test mcp --timeout' 'mcpctl test mcp -o' 'mcpctl test mcp --output' 'mcpctl login --context' 'mcpctl login --url' 'mcpctl login --username' 'mcpctl login --password-file' 'mcpctl logout --context' 'mcpctl whoami --context' 'mcpctl whoami -o' 'mcpctl whoami --output' 'mcpctl context list -o' 'mcpctl context list --output' 'mcpctl get --context' 'mcpctl get -o' 'mcpctl get --output' 'mcpctl get --limit' 'mcpctl get --sort' 'mcpctl get -p' 'mcpctl get --project' 'mcpctl get --name' 'mcpctl get --owner' 'mcpctl get --server' 'mcpctl get --member' 'mcpctl get --subject' 'mcpctl get --backing' 'mcpctl get --enabled' 'mcpctl get --status' 'mcpctl get --token' 'mcpctl get --token-sha' 'mcpctl get --user' 'mcpctl get --tool' 'mcpctl get --kind' 'mcpctl get --outcome' 'mcpctl get --trace' 'mcpctl get --since' 'mcpctl get --until' 'mcpctl describe --context' 'mcpctl describe -p' 'mcpctl describe --project' 'mcpctl describe -o' 'mcpctl describe --output' 'mcpctl create project --context' 'mcpctl create project --description' 'mcpctl create project --server' 'mcpctl create project -o' 'mcpctl create project --output' 'mcpctl create server --context' 'mcpctl create server --url' 'mcpctl create server --command' 'mcpctl create server --builtin' 'mcpctl create server --arg' 'mcpctl create server --env' 'mcpctl create server --secret-env' 'mcpctl create server --header' 'mcpctl create server --secret-header' 'mcpctl create server --allow-address' 'mcpctl create server --rate-limit' 'mcpctl create server -p' 'mcpctl create server --project' 'mcpctl create server --description' 'mcpctl create server -o' 'mcpctl create server --output' 'mcpctl create user --context' 'mcpctl create user --email' 'mcpctl create user --role' 'mcpctl create user -o' 'mcpctl create user --output' 'mcpctl create group --context' 'mcpctl create group --member' 'mcpctl create group --description' 'mcpctl create group -o' 'mcpctl create group --output' 'mcpctl create secret --context' 'mcpctl create secret --description' 'mcpctl create secret -o' 'mcpctl create secret --output' 'mcpctl create prompt --context' 'mcpctl create prompt -p' 'mcpctl create prompt --project' 'mcpctl create prompt --template-file' 'mcpctl create prompt --arg' 'mcpctl create prompt --description' 'mcpctl create prompt -o' 'mcpctl create prompt --output' 'mcpctl create rbac --context' 'mcpctl create rbac --subject' 'mcpctl create rbac --roleBindings' 'mcpctl create rbac -o' 'mcpctl create rbac --output' 'mcpctl create mcptoken --context' 'mcpctl create mcptoken -p' 'mcpctl create mcptoken --project' 'mcpctl create mcptoken --rbac' 'mcpctl create mcptoken --bind' 'mcpctl create mcptoken --ttl' 'mcpctl create mcptoken --description' 'mcpctl create mcptoken -o' 'mcpctl create mcptoken --output' 'mcpctl create gateway --context' 'mcpctl create gateway --description' 'mcpctl create gateway -o' 'mcpctl create gateway --output' 'mcpctl edit --context' 'mcpctl edit -p' 'mcpctl edit --project' 'mcpctl delete --context' 'mcpctl delete -p' 'mcpctl delete --project' 'mcpctl apply --context' 'mcpctl apply -f' 'mcpctl apply --filename' 'mcpctl diff --context' 'mcpctl diff -f' 'mcpctl diff --filename' 'mcpctl project attach --context' 'mcpctl project detach --context' 'mcpctl token revoke --context' 'mcpctl token revoke -p' 'mcpctl token revoke --project' 'mcpctl user password --context' 'mcpctl session list --context' 'mcpctl session list --user' 'mcpctl session list -o' 'mcpctl session list --output' 'mcpctl session revoke --context' 'mcpctl auth can-i --context' 'mcpctl auth can-i --as' 'mcpctl auth can-i -o' 'mcpctl auth can-i --output' 'mcpctl audit tail --context' 'mcpctl audit tail -o' 'mcpctl audit tail --output' 'mcpctl audit tail --token' 'mcpctl audit tail --token-sha' 'mcpctl audit tail --user' 'mcpctl audit tail -p' 'mcpctl audit tail --project' 'mcpctl audit tail --server' 'mcpctl audit tail --tool' 'mcpctl audit tail --status' 'mcpctl audit tail --kind' 'mcpctl audit tail --outcome' 'mcpctl audit tail --trace' 'mcpctl audit verify --context' 'mcpctl audit verify -o' 'mcpctl audit verify --output'

# The command that these words lead to; another name of a command leads to the command.
function __mcpctl_child
    switch $argv[1]
        case 'mcpctl up' 'mcpctl test' 'mcpctl test mcp' 'mcpctl login' 'mcpctl logout' 'mcpctl whoami' 'mcpctl context' 'mcpctl context list' 'mcpctl context use' 'mcpctl context delete' 'mcpctl context show' 'mcpctl get' 'mcpctl describe' 'mcpctl create' 'mcpctl create project' 'mcpctl create server' 'mcpctl create user' 'mcpctl create group' 'mcpctl create secret' 'mcpctl create prompt' 'mcpctl create rbac' 'mcpctl create mcptoken' 'mcpctl create gateway' 'mcpctl edit' 'mcpctl delete' 'mcpctl apply' 'mcpctl diff' 'mcpctl project' 'mcpctl project attach' 'mcpctl project detach' 'mcpctl token' 'mcpctl token revoke' 'mcpctl user' 'mcpctl user password' 'mcpctl session' 'mcpctl session list' 'mcpctl session revoke' 'mcpctl auth' 'mcpctl auth can-i' 'mcpctl audit' 'mcpctl audit tail' 'mcpctl audit verify' 'mcpctl completion'
            echo $argv[1]
        case 'mcpctl create token'
            echo 'mcpctl create mcptoken'
        case 'mcpctl mcptoken'
            echo 'mcpctl token'
    end
end

# The command that is typed so far, then its operands, one a line; with an argument the value of that option.
function __mcpctl_typed
    set -l path mcpctl
    set -l option ''
    set -l operands
    for word in (commandline -opc)[2..-1]
        if test -n "$option"
            contains -- $option $argv; and echo $word
            set option ''
        else if string match -q -- '-*' $word
            contains -- "$path $word" $__mcpctl_valued; and set option $word
        else
            set -l child (__mcpctl_child "$path $word")
            if test -n "$child"
                set path $child
            else
                set -a operands $word
            end
        end
    end
    test (count $argv) -eq 0; and printf '%s\n' $path $operands
end

# Whether this command is typed.
function __mcpctl_at
    set -l typed (__mcpctl_typed)
    test "$typed[1]" = "$argv[1]"
end

# Whether the operand of this number (0 is the first; with + any from there on) comes next.
function __mcpctl_operand
    set -l count (math (count (__mcpctl_typed)) - 1)
    if string match -q -- '*+' $argv[1]
        test $count -ge (string trim -c + -- $argv[1])
    else
        test $count -eq $argv[1]
    end
end

# Names that mcpd knows: of a kind, or of the one that the first operand names.
function __mcpctl_names
    set -l typed (__mcpctl_typed)
    set -l noun $argv[1]
    test -z "$noun"; and set noun $typed[2]
    set -l flags
    set -l project (__mcpctl_typed -p --project)
    test -n "$project[-1]"; and set -a flags --project $project[-1]
    set -l context (__mcpctl_typed --context)
    test -n "$context[-1]"; and set -a flags --context $context[-1]
    set -l program (commandline -opc)[1]
    $program __complete $noun $flags 2>/dev/null
end

for program in mcpctl mcp
    complete -c $program -f
    complete -c $program -n '__mcpctl_at "mcpctl"' -a up -d 'run the control plane and the gateway in one process, on SQLite or a database server'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a test -d 'test something that runs against what it promises'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a login -d 'log in to an installation with a password'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a logout -d 'end the session of the context'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a whoami -d 'show who you are and what you may do'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a context -d 'choose between installations'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a get -d 'show resources of a kind'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a describe -d 'show all about a resource'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a create -d 'create a resource'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a edit -d 'change a resource in your editor'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a delete -d 'delete resources'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a apply -d 'create or change resources as documents say'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a diff -d 'show what apply would change'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a project -d 'change which servers a project has'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a token -d 'revoke tokens'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a mcptoken -d 'revoke tokens'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a user -d 'change a user\'s password'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a session -d 'show and end log-ins'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a auth -d 'ask what may be done'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a audit -d 'follow and check the audit log'
    complete -c $program -n '__mcpctl_at "mcpctl"' -a completion -d 'print the completion script of a shell'
    complete -c $program -n '__mcpctl_at "mcpctl"' -s V -l version -d 'output the version number'
    complete -c $program -n '__mcpctl_at "mcpctl"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -l host -x -d 'address to listen on'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -l api-port -x -d 'port of the REST API'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -l gateway-port -x -d 'port of the gateway'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -l data-dir -r -F -d 'where everything is kept'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -l database-url -x -d 'sqlite'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -l config -x -d 'configuration file, TOML'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -l ready-file -r -F -d 'write addresses and token here, as JSON, once everything answers'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -l new-token -d 'replace the demo token and print the new one'
    complete -c $program -n '__mcpctl_at "mcpctl up"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl test"' -a mcp -d 'test an MCP endpoint over Streamable HTTP'
    complete -c $program -n '__mcpctl_at "mcpctl test"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl test mcp"' -l token -x -d 'bearer token'
    complete -c $program -n '__mcpctl_at "mcpctl test mcp"' -l tool -x -d 'call this tool too'
    complete -c $program -n '__mcpctl_at "mcpctl test mcp"' -l args -x -d 'arguments of the tool, a JSON object'
    complete -c $program -n '__mcpctl_at "mcpctl test mcp"' -l expect-tools -x -d 'tools that must be listed, with commas between'
    complete -c $program -n '__mcpctl_at "mcpctl test mcp"' -l timeout -x -d 'limit for each request'
    complete -c $program -n '__mcpctl_at "mcpctl test mcp"' -s o -l output -x -a 'text json' -d 'format of the report'
    complete -c $program -n '__mcpctl_at "mcpctl test mcp"' -l no-health -d 'skip GET /healthz'
    complete -c $program -n '__mcpctl_at "mcpctl test mcp"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl login"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl login"' -l url -x -d 'base URL of mcpd'
    complete -c $program -n '__mcpctl_at "mcpctl login"' -l username -x -d 'user name or email'
    complete -c $program -n '__mcpctl_at "mcpctl login"' -l password-stdin -d 'read the password from standard input'
    complete -c $program -n '__mcpctl_at "mcpctl login"' -l password-file -r -F -d 'read the password from this file, now and whenever the context logs in again'
    complete -c $program -n '__mcpctl_at "mcpctl login"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl logout"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl logout"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl whoami"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl whoami"' -s o -l output -x -a 'text json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl whoami"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl context"' -a list -d 'list contexts'
    complete -c $program -n '__mcpctl_at "mcpctl context"' -a use -d 'make a context the current one'
    complete -c $program -n '__mcpctl_at "mcpctl context"' -a delete -d 'forget a context'
    complete -c $program -n '__mcpctl_at "mcpctl context"' -a show -d 'show a context, the current one without a name'
    complete -c $program -n '__mcpctl_at "mcpctl context"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl context list"' -s o -l output -x -a 'table json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl context list"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl context use"; and __mcpctl_operand 0' -a '(__mcpctl_names contexts)'
    complete -c $program -n '__mcpctl_at "mcpctl context use"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl context delete"; and __mcpctl_operand 0' -a '(__mcpctl_names contexts)'
    complete -c $program -n '__mcpctl_at "mcpctl context delete"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl context show"; and __mcpctl_operand 0' -a '(__mcpctl_names contexts)'
    complete -c $program -n '__mcpctl_at "mcpctl context show"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl get"; and __mcpctl_operand 0' -a 'users user groups group secrets secret servers server srv projects project proj prompts prompt rbac rolebinding rolebindings mcptokens mcptoken token tokens gateways gateway gw audit audits auditevent auditevents'
    complete -c $program -n '__mcpctl_at "mcpctl get"; and __mcpctl_operand 1+' -a '(__mcpctl_names \'\')'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -s o -l output -x -a 'table wide json yaml name' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l all -d 'every one, however many there are'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l limit -x -d 'so many at most'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l sort -x -d 'order by this field, with - before it the other way round, as -createdAt'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'of this project'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l name -x -d 'of this name'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l owner -x -a '(__mcpctl_names users)' -d 'projects or tokens of this user'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l server -x -a '(__mcpctl_names servers)' -d 'projects with this server, or what was done with it'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l member -x -a '(__mcpctl_names users)' -d 'groups with this user'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l subject -x -d 'definitions for this subject, as User'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l backing -x -a 'builtin stdio url' -d 'servers with this behind them'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l enabled -x -a 'true false' -d 'servers that are enabled, or are not'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l status -x -d 'tokens that are active, expired or revoked'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l token -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l token-sha -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l user -x -a '(__mcpctl_names users)' -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l tool -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l kind -x -a 'rpc mcp_request tool_call_trace session_bind rbac_decision gate_decision token_issued token_revoked dispatch' -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l outcome -x -a 'ok refused failed' -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l trace -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l since -x -a '15m 1h 1d 7d' -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -l until -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl get"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl describe"; and __mcpctl_operand 0' -a 'users user groups group secrets secret servers server srv projects project proj prompts prompt rbac rolebinding rolebindings mcptokens mcptoken token tokens gateways gateway gw audit audits auditevent auditevents'
    complete -c $program -n '__mcpctl_at "mcpctl describe"; and __mcpctl_operand 1+' -a '(__mcpctl_names \'\')'
    complete -c $program -n '__mcpctl_at "mcpctl describe"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl describe"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'project of tokens and prompts'
    complete -c $program -n '__mcpctl_at "mcpctl describe"' -s o -l output -x -a 'text json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl describe"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a project -d 'create a project'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a server -d 'register an MCP server'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a user -d 'create a user'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a group -d 'create a group of users'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a secret -d 'keep a secret for servers to use'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a prompt -d 'add a prompt to a project'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a rbac -d 'give users, groups or tokens role bindings'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a mcptoken -d 'issue a token for one project'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a token -d 'issue a token for one project'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -a gateway -d 'enrol a gateway that runs apart from mcpd'
    complete -c $program -n '__mcpctl_at "mcpctl create"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create project"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create project"' -l description -x -d 'one line for people'
    complete -c $program -n '__mcpctl_at "mcpctl create project"' -l server -x -a '(__mcpctl_names servers)' -d 'a server that is in it'
    complete -c $program -n '__mcpctl_at "mcpctl create project"' -l force -d 'where it is there already, leave it as it is and succeed'
    complete -c $program -n '__mcpctl_at "mcpctl create project"' -s o -l output -x -a 'text name json yaml' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create project"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l url -x -d 'it answers at this URL, over Streamable HTTP'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l command -x -d 'it is this program, spoken to on its standard streams'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l builtin -x -d 'it is one of ours'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l arg -x -d 'with --command'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l env -x -d 'with --command'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l secret-env -x -d 'with --command'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l header -x -d 'with --url'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l secret-header -x -d 'with --url'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l allow-address -x -d 'with --url'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l rate-limit -x -d 'calls a minute that one identity may make'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l write-tools -d 'offer the tools too that it declares to write'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'a project that gets it as its last server'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l description -x -d 'one line for people'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -l disabled -d 'register it without serving it'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -s o -l output -x -a 'text name json yaml' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create server"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create user"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create user"' -l password-stdin -d 'read the password from standard input'
    complete -c $program -n '__mcpctl_at "mcpctl create user"' -l email -x -d 'email address'
    complete -c $program -n '__mcpctl_at "mcpctl create user"' -l role -x -a 'admin view create delete edit run' -d 'role on everything'
    complete -c $program -n '__mcpctl_at "mcpctl create user"' -l disabled -d 'nobody can log in as this user'
    complete -c $program -n '__mcpctl_at "mcpctl create user"' -s o -l output -x -a 'text name json yaml' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create user"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create group"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create group"' -l member -x -a '(__mcpctl_names users)' -d 'a user who is in it'
    complete -c $program -n '__mcpctl_at "mcpctl create group"' -l description -x -d 'one line for people'
    complete -c $program -n '__mcpctl_at "mcpctl create group"' -s o -l output -x -a 'text name json yaml' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create group"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create secret"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create secret"' -l value-stdin -d 'read its value from standard input'
    complete -c $program -n '__mcpctl_at "mcpctl create secret"' -l description -x -d 'one line for people'
    complete -c $program -n '__mcpctl_at "mcpctl create secret"' -s o -l output -x -a 'text name json yaml' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create secret"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create prompt"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create prompt"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'project that it belongs to'
    complete -c $program -n '__mcpctl_at "mcpctl create prompt"' -l template-file -r -F -d 'its text, with {{argument}} where an argument goes'
    complete -c $program -n '__mcpctl_at "mcpctl create prompt"' -l arg -x -d 'name[!]'
    complete -c $program -n '__mcpctl_at "mcpctl create prompt"' -l description -x -d 'one line for people'
    complete -c $program -n '__mcpctl_at "mcpctl create prompt"' -s o -l output -x -a 'text name json yaml' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create prompt"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create rbac"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create rbac"' -l subject -x -d 'User'
    complete -c $program -n '__mcpctl_at "mcpctl create rbac"' -l roleBindings -x -d 'what they get'
    complete -c $program -n '__mcpctl_at "mcpctl create rbac"' -s o -l output -x -a 'text name json yaml' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create rbac"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'project that it opens'
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -l rbac -x -a 'empty clone' -d 'role bindings to start with'
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -l bind -x -d 'a role binding, as in \'create rbac --roleBindings\''
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -l ttl -x -a '30d 12h never' -d 'how long it lives'
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -l description -x -d 'one line for people'
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -l force -d 'revoke the active token of this name and issue a new one'
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -s o -l output -x -a 'text json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create mcptoken"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl create gateway"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl create gateway"' -l description -x -d 'one line for people'
    complete -c $program -n '__mcpctl_at "mcpctl create gateway"' -s o -l output -x -a 'text json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl create gateway"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl edit"; and __mcpctl_operand 0' -a 'users user groups group secrets secret servers server srv projects project proj prompts prompt rbac rolebinding rolebindings mcptokens mcptoken token tokens gateways gateway gw audit audits auditevent auditevents'
    complete -c $program -n '__mcpctl_at "mcpctl edit"; and __mcpctl_operand 1' -a '(__mcpctl_names \'\')'
    complete -c $program -n '__mcpctl_at "mcpctl edit"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl edit"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'project of a prompt'
    complete -c $program -n '__mcpctl_at "mcpctl edit"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl delete"; and __mcpctl_operand 0' -a 'users user groups group secrets secret servers server srv projects project proj prompts prompt rbac rolebinding rolebindings mcptokens mcptoken token tokens gateways gateway gw audit audits auditevent auditevents'
    complete -c $program -n '__mcpctl_at "mcpctl delete"; and __mcpctl_operand 1+' -a '(__mcpctl_names \'\')'
    complete -c $program -n '__mcpctl_at "mcpctl delete"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl delete"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'project of tokens and prompts'
    complete -c $program -n '__mcpctl_at "mcpctl delete"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl apply"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl apply"' -s f -l filename -r -F -d 'file or folder of YAML or JSON documents, - for standard input'
    complete -c $program -n '__mcpctl_at "mcpctl apply"' -l dry-run -d 'say what would be done, and do nothing'
    complete -c $program -n '__mcpctl_at "mcpctl apply"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl diff"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl diff"' -s f -l filename -r -F -d 'file or folder of YAML or JSON documents, - for standard input'
    complete -c $program -n '__mcpctl_at "mcpctl diff"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl project"' -a attach -d 'make a server a project\'s last one'
    complete -c $program -n '__mcpctl_at "mcpctl project"' -a detach -d 'take a server out of a project'
    complete -c $program -n '__mcpctl_at "mcpctl project"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl project attach"; and __mcpctl_operand 0' -a '(__mcpctl_names projects)'
    complete -c $program -n '__mcpctl_at "mcpctl project attach"; and __mcpctl_operand 1' -a '(__mcpctl_names servers)'
    complete -c $program -n '__mcpctl_at "mcpctl project attach"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl project attach"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl project detach"; and __mcpctl_operand 0' -a '(__mcpctl_names projects)'
    complete -c $program -n '__mcpctl_at "mcpctl project detach"; and __mcpctl_operand 1' -a '(__mcpctl_names servers)'
    complete -c $program -n '__mcpctl_at "mcpctl project detach"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl project detach"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl token"' -a revoke -d 'revoke tokens'
    complete -c $program -n '__mcpctl_at "mcpctl token"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl token revoke"; and __mcpctl_operand 0+' -a '(__mcpctl_names mcptokens)'
    complete -c $program -n '__mcpctl_at "mcpctl token revoke"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl token revoke"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'project of the tokens'
    complete -c $program -n '__mcpctl_at "mcpctl token revoke"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl user"' -a password -d 'set a password'
    complete -c $program -n '__mcpctl_at "mcpctl user"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl user password"; and __mcpctl_operand 0' -a '(__mcpctl_names users)'
    complete -c $program -n '__mcpctl_at "mcpctl user password"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl user password"' -l password-stdin -d 'read it from standard input'
    complete -c $program -n '__mcpctl_at "mcpctl user password"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl session"' -a list -d 'list your log-ins'
    complete -c $program -n '__mcpctl_at "mcpctl session"' -a revoke -d 'end log-ins'
    complete -c $program -n '__mcpctl_at "mcpctl session"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl session list"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl session list"' -l user -x -a '(__mcpctl_names users)' -d 'those of another user'
    complete -c $program -n '__mcpctl_at "mcpctl session list"' -s o -l output -x -a 'table json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl session list"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl session revoke"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl session revoke"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl auth"' -a can-i -d 'whether you, or another, may do something'
    complete -c $program -n '__mcpctl_at "mcpctl auth"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl auth can-i"; and __mcpctl_operand 0' -a 'view create delete edit run logs exec backup snapshot dispatch impersonate'
    complete -c $program -n '__mcpctl_at "mcpctl auth can-i"; and __mcpctl_operand 1' -a 'servers projects services nodes mcptokens users groups rbac prompts secrets gateways audit'
    complete -c $program -n '__mcpctl_at "mcpctl auth can-i"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl auth can-i"' -l as -x -d 'User'
    complete -c $program -n '__mcpctl_at "mcpctl auth can-i"' -s o -l output -x -a 'text json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl auth can-i"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl audit"' -a tail -d 'show audit events as they come, until Ctrl-C'
    complete -c $program -n '__mcpctl_at "mcpctl audit"' -a verify -d 'check the chain of the audit log'
    complete -c $program -n '__mcpctl_at "mcpctl audit"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -s o -l output -x -a 'text json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l token -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l token-sha -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l user -x -a '(__mcpctl_names users)' -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -s p -l project -x -a '(__mcpctl_names projects)' -d 'of this project'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l server -x -a '(__mcpctl_names servers)' -d 'projects with this server, or what was done with it'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l tool -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l status -x -d 'tokens that are active, expired or revoked'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l kind -x -a 'rpc mcp_request tool_call_trace session_bind rbac_decision gate_decision token_issued token_revoked dispatch' -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l outcome -x -a 'ok refused failed' -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -l trace -x -d 'audit'
    complete -c $program -n '__mcpctl_at "mcpctl audit tail"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl audit verify"' -l context -x -a '(__mcpctl_names contexts)' -d 'installation to speak to, as \'mcpctl context list\' names it'
    complete -c $program -n '__mcpctl_at "mcpctl audit verify"' -s o -l output -x -a 'text json' -d 'format of the output'
    complete -c $program -n '__mcpctl_at "mcpctl audit verify"' -s h -l help -d 'display help for command'
    complete -c $program -n '__mcpctl_at "mcpctl completion"; and __mcpctl_operand 0' -a 'bash fish zsh'
    complete -c $program -n '__mcpctl_at "mcpctl completion"' -s h -l help -d 'display help for command'
end

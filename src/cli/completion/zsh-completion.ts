import { posixTables } from "./bash-completion.ts";
import type { CommandNode } from "./command-tree.ts";

/** The completion script for zsh: the same tables as bash's, with descriptions beside the words. */
export function zshCompletion(tree: readonly CommandNode[]): string {
  return `#compdef mcpctl mcp
# zsh completion for mcpctl, made by 'mcpctl completion zsh'.
# Install: mcpctl completion zsh > "\${fpath[1]}/_mcpctl"

${posixTables(tree)}

# Commands and options of a command with what they are, as word:description.
_mcpctl_described() {
  case $1 in
${tree.flatMap(describedCases).join("\n")}
  esac
}

# Offers words from a source: "=a b" are words, "@projects" names that mcpd knows, "/" files.
_mcpctl_offer() {
  local source=$1 first=$2 project=$3 context=$4 noun
  case $source in
    "="*) compadd -- \${=source#=} ;;
    @*)
      noun=\${source#@}
      compadd -- \${(f)"$("\${words[1]}" __complete "\${noun:-$first}" \${project:+--project} \${project:+"$project"} \${context:+--context} \${context:+"$context"} 2>/dev/null)"}
      ;;
    /) _files ;;
  esac
}

_mcpctl() {
  local command=mcpctl option="" project="" context="" word next at
  local -a operands described
  for ((at = 2; at < CURRENT; at++)); do
    word=\${words[at]}
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
    _mcpctl_offer "$(_mcpctl_value "$command $option")" "\${operands[1]}" "$project" "$context"
  elif [[ \${words[CURRENT]} == -* ]]; then
    described=(\${(f)"$(_mcpctl_described "$command -")"})
    _describe option described
  elif [[ -n $(_mcpctl_children "$command") ]]; then
    described=(\${(f)"$(_mcpctl_described "$command")"})
    _describe command described
  else
    _mcpctl_offer "$(_mcpctl_operand "$command \${#operands}")" "\${operands[1]}" "$project" "$context"
  fi
}

if [[ $funcstack[1] == _mcpctl ]]; then _mcpctl "$@"; else compdef _mcpctl mcpctl mcp; fi
`;
}

function describedCases({ path, children, options }: CommandNode): readonly string[] {
  const lines = (entries: readonly (readonly [string, string])[]) =>
    entries.map(([word, description]) => `        ${quoted(`${word}:${description.replaceAll(":", " ")}`)}`).join(" \\\n");
  const block = (suffix: string, entries: readonly (readonly [string, string])[]) =>
    entries.length === 0 ? [] : [`    "${path}${suffix}") printf '%s\\n' \\\n${lines(entries)} ;;`];
  return [
    ...block(
      "",
      children.map(({ word, description }) => [word, description] as const),
    ),
    ...block(
      " -",
      options.flatMap(({ words, description }) => words.map((word) => [word, description] as const)),
    ),
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

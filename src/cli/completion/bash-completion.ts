import type { CommandNode } from "./command-tree.ts";
import { encodeSource } from "./word-source.ts";

/** The tables that bash and zsh read: from a command's path to what may follow. */
export function posixTables(tree: readonly CommandNode[]): string {
  return [
    "# The command that this word leads to, or nothing.",
    ...table("_mcpctl_child", childCases(tree)),
    "# What the value of this option is; the return code says whether it takes one.",
    ...table("_mcpctl_value", tree.flatMap(valueCases), "return 1"),
    "# What this operand is.",
    ...table("_mcpctl_operand", tree.flatMap(operandCases)),
    "# Commands and options of a command.",
    ...table(
      "_mcpctl_children",
      tree.flatMap((node) =>
        wordsCase(
          node,
          node.children.map(({ word }) => word),
        ),
      ),
    ),
    ...table(
      "_mcpctl_options",
      tree.flatMap((node) =>
        wordsCase(
          node,
          node.options.flatMap(({ words }) => words),
        ),
      ),
    ),
  ].join("\n");
}

/** The completion script for bash. */
export function bashCompletion(tree: readonly CommandNode[]): string {
  return `# bash completion for mcpctl, made by 'mcpctl completion bash'.
# Install: mcpctl completion bash > ~/.local/share/bash-completion/completions/mcpctl

${posixTables(tree)}

# Fills COMPREPLY from a source: "=a b" are words, "@projects" names that mcpd knows, "/" files.
_mcpctl_fill() {
  local source=$1 cur=$2 first=$3 project=$4 context=$5 words=""
  case $source in
    "="*) words=\${source#=} ;;
    @*)
      local noun=\${source#@}
      noun=\${noun:-$first}
      words=$("\${COMP_WORDS[0]}" __complete "$noun" \${project:+--project "$project"} \${context:+--context "$context"} 2>/dev/null)
      ;;
    /) COMPREPLY=($(compgen -f -- "$cur")) && return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}

_mcpctl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path=mcpctl option="" project="" context="" word next at
  local -a operands=()
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [[ -n $option ]]; then
      # bash cuts --option=value in three.
      [[ $word == "=" ]] && continue
      case $option in -p | --project) project=$word ;; --context) context=$word ;; esac
      option=""
    elif [[ $word == -* ]]; then
      _mcpctl_value "$path $word" >/dev/null && option=$word
    else
      next=$(_mcpctl_child "$path $word")
      if [[ -n $next ]]; then path=$next; else operands+=("$word"); fi
    fi
  done
  if [[ -n $option ]]; then
    [[ $cur == "=" ]] && cur=""
    _mcpctl_fill "$(_mcpctl_value "$path $option")" "$cur" "\${operands[0]}" "$project" "$context"
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(_mcpctl_options "$path")" -- "$cur"))
  else
    local children=$(_mcpctl_children "$path")
    if [[ -n $children ]]; then
      COMPREPLY=($(compgen -W "$children" -- "$cur"))
    else
      _mcpctl_fill "$(_mcpctl_operand "$path \${#operands[@]}")" "$cur" "\${operands[0]}" "$project" "$context"
    fi
  fi
}

complete -F _mcpctl mcpctl mcp
`;
}

function table(name: string, cases: readonly string[], otherwise?: string): readonly string[] {
  const last = otherwise === undefined ? [] : [`    *) ${otherwise} ;;`];
  return [`${name}() {`, "  case $1 in", ...cases.map((each) => `    ${each} ;;`), ...last, "  esac", "}", ""];
}

/** A word that is another name of a command leads to the command. */
function childCases(tree: readonly CommandNode[]): readonly string[] {
  const own = tree.slice(1).map(({ path }) => `"${path}"`);
  const others = tree.flatMap(({ path, aliases }) => aliases.map((alias) => `"${alias}") echo "${path}"`));
  return [`${own.join(" | ")}) echo "$1"`, ...others];
}

function valueCases({ path, options }: CommandNode): readonly string[] {
  return options.flatMap(({ words, value }) =>
    value === undefined ? [] : [`${words.map((word) => `"${path} ${word}"`).join(" | ")}) echo "${encodeSource(value)}"`],
  );
}

function operandCases({ path, operands, variadic }: CommandNode): readonly string[] {
  return operands.flatMap((source, at) => {
    const text = encodeSource(source);
    const place = at === operands.length - 1 && variadic ? `"${path} "*` : `"${path} ${at}"`;
    return text === "" ? [] : [`${place}) echo "${text}"`];
  });
}

function wordsCase({ path }: CommandNode, words: readonly string[]): readonly string[] {
  return words.length === 0 ? [] : [`"${path}") echo "${words.join(" ")}"`];
}

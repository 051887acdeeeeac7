import type { CommandNode, CompletedOption } from "./command-tree.ts";
import { encodeSource, type WordSource } from "./word-source.ts";

/** The completion script for fish. */
export function fishCompletion(tree: readonly CommandNode[]): string {
  const valued = tree.flatMap(({ path, options }) =>
    options.filter(({ value }) => value !== undefined).flatMap(({ words }) => words.map((word) => `${path} ${word}`)),
  );
  const own = tree.slice(1).map(({ path }) => quoted(path));
  const others = tree.flatMap(({ path, aliases }) =>
    aliases.map((alias) => `        case ${quoted(alias)}\n            echo ${quoted(path)}\n`),
  );
  return `# fish completion for mcpctl, made by 'mcpctl completion fish'.
# Install: mcpctl completion fish > ~/.config/fish/completions/mcpctl.fish

set -g __mcpctl_valued ${valued.map(quoted).join(" ")}

# The command that these words lead to; another name of a command leads to the command.
function __mcpctl_child
    switch $argv[1]
        case ${own.join(" ")}
            echo $argv[1]
${others.join("")}    end
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
    test (count $argv) -eq 0; and printf '%s\\n' $path $operands
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
${tree
  .flatMap(linesOf)
  .map((line) => `    ${line}`)
  .join("\n")}
end
`;
}

function linesOf(node: CommandNode): readonly string[] {
  const at = `__mcpctl_at "${node.path}"`;
  const children = node.children.map(
    ({ word, description }) => `complete -c $program -n ${quoted(at)} -a ${word} -d ${quoted(description)}`,
  );
  const last = node.operands.length - 1;
  const operands = node.operands.flatMap((source, index) => {
    const words = argumentOf(source);
    const place = index === last && node.variadic ? `${index}+` : String(index);
    return words === undefined ? [] : [`complete -c $program -n ${quoted(`${at}; and __mcpctl_operand ${place}`)} ${words}`];
  });
  return [...children, ...operands, ...node.options.map((option) => optionLine(at, option))];
}

function optionLine(at: string, { words, description, value }: CompletedOption): string {
  const flags = words.map((word) => (word.startsWith("--") ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`)).join(" ");
  const takes =
    value === undefined
      ? ""
      : ` ${value.from === "files" ? "-r -F" : `-x${value.from === "nothing" ? "" : ` ${argumentOf(value) ?? ""}`}`}`;
  return `complete -c $program -n ${quoted(at)} ${flags}${takes} -d ${quoted(description)}`;
}

function argumentOf(source: WordSource): string | undefined {
  if (source.from === "nothing") return undefined;
  if (source.from === "files") return "-F";
  if (source.from === "names") return `-a ${quoted(`(__mcpctl_names ${source.kind ?? "''"})`)}`;
  return `-a ${quoted(encodeSource(source).slice(1))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

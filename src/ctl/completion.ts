import type { Command } from "./command.ts";
import { type CommandDescription, describedCommand } from "./described-command.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

const COMPLETION: CommandDescription = {
  name: "completion",
  summary: "print a shell's completion of mlctl",
  operands: SHELLS.join("|"),
  operandCount: [1, 1],
  operandChoices: SHELLS,
  about: `Prints a script that completes commands and options:

  bash   mlctl completion bash > /etc/bash_completion.d/mlctl
  zsh    mlctl completion zsh > "\${fpath[1]}/_mlctl"
  fish   mlctl completion fish > ~/.config/fish/completions/mlctl.fish`,
  options: {},
};

/**
 * `mlctl completion`.
 *
 * @param described commands with a description; of the others only the names are completed.
 */
export function completionCommand(described: readonly CommandDescription[], others: readonly string[]): Command {
  const all = [...described, COMPLETION];
  return describedCommand(COMPLETION, async ({ operands: [shell] }, io) => {
    const scripts = { bash: bash(all, others), zsh: zsh(all, others), fish: fish(all, others) };
    io.stdout.write(scripts[SHELLS.find((each) => each === shell) ?? "bash"]);
    return 0;
  });
}

function wordsOf({ options, operandChoices = [] }: CommandDescription): string[] {
  const names = Object.entries(options).flatMap(([name, { short }]) => {
    return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
  });
  return [...names, "--help", ...operandChoices];
}

function bash(described: readonly CommandDescription[], others: readonly string[]): string {
  const names = [...described.map(({ name }) => name), ...others].join(" ");
  const choices = described.flatMap(({ name, options }) =>
    Object.entries(options).flatMap(([option, { choices: values }]) =>
      values === undefined ? [] : [`    "${name} --${option}") words="${values.join(" ")}" ;;\n`],
    ),
  );
  const options = described.map((each) => `      ${each.name}) words="${wordsOf(each).join(" ")}" ;;\n`);
  return `_mlctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join("")}  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${names}"
  elif [ -z "$words" ]; then
    case "\${COMP_WORDS[1]}" in
${options.join("")}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _mlctl mlctl
`;
}

function zsh(described: readonly CommandDescription[], others: readonly string[]): string {
  const names = [...described.map(({ name, summary }) => quoted(`${name}:${summary}`)), ...others.map(quoted)];
  const cases = described.map(({ name, options, operandChoices }) => {
    const specs = Object.entries(options).flatMap(([option, { short, value, help, choices }]) => {
      const words = short === undefined ? [`--${option}`] : [`--${option}`, `-${short}`];
      const takes = value === undefined ? "" : `:${value}:${choices === undefined ? "" : `(${choices.join(" ")})`}`;
      return words.map((word) => quoted(`${word}[${help.replace(/[[\]:]/g, " ")}]${takes}`));
    });
    const operand = operandChoices === undefined ? "" : ` ${quoted(`1:operand:(${operandChoices.join(" ")})`)}`;
    return `    ${name}) _arguments ${specs.join(" ")}${operand} ;;\n`;
  });
  return `#compdef mlctl
_mlctl() {
  if (( CURRENT == 2 )); then
    local -a commands=(${names.join(" ")})
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("")}  esac
}
_mlctl "$@"
`;
}

function fish(described: readonly CommandDescription[], others: readonly string[]): string {
  const first = [
    ...described.map(({ name, summary }) => `-a ${name} -d ${quoted(summary)}`),
    ...others.map((name) => `-a ${name}`),
  ].map((words) => `complete -c mlctl -f -n __fish_use_subcommand ${words}\n`);
  const options = described.flatMap(({ name, options: all, operandChoices }) => {
    const isHere = `complete -c mlctl -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    const operands = operandChoices === undefined ? [] : [`${isHere} -f -a ${quoted(operandChoices.join(" "))}\n`];
    const lines = Object.entries(all).map(([option, { short, value, help, choices }]) => {
      const letter = short === undefined ? "" : ` -s ${short}`;
      const takes = value === undefined ? "" : choices === undefined ? " -r" : ` -x -a ${quoted(choices.join(" "))}`;
      return `${isHere} -l ${option}${letter}${takes} -d ${quoted(help)}\n`;
    });
    return [...operands, ...lines];
  });
  return [...first, ...options].join("");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

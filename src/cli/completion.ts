import type { Command, Option } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A command of the program with its options, as shells complete it. */
type Completed = {
  readonly name: string;
  readonly text: string;
  readonly options: readonly Option[];
};

/** A script that completes the commands of `program`, their options and the values of these. */
export function completion(program: Command, shell: Shell): string {
  const commands = program.commands.map(completed).filter(({ name }) => name !== "");
  return SCRIPTS[shell](commands);
}

function completed(command: Command): Completed {
  const inner = command.commands.flatMap(({ options }) => [...options]);
  const options = new Map([...command.options, ...inner].map((option) => [option.long, option]));
  return { name: command.name(), text: command.description(), options: [...options.values()] };
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Completed[]) => string>> = {
  bash: inBash,
  zsh: inZsh,
  fish: inFish,
};

/** Returns the values that an option takes: one of a list, a file, a directory, or any text. */
function valueOf({ argChoices, required, flags }: Option): readonly string[] | Kind {
  if (argChoices !== undefined) return argChoices;
  if (flags.includes("<file>")) return "file";
  if (flags.includes("<directory>")) return "directory";
  return required ? "text" : "none";
}
type Kind = "file" | "directory" | "text" | "none";

function inBash(commands: readonly Completed[]): string {
  const cases = commands.map(({ name, options }) => {
    const values = options.map((option) => {
      const value = valueOf(option);
      const reply = value === "file" ? FILES : value === "directory" ? DIRECTORIES : wordsOf(value);
      return value === "none" ? "" : `        ${name}:${option.long}) ${reply}; return ;;\n`;
    });
    return values.join("");
  });
  const options = commands.map(
    (command) =>
      `        ${command.name}) COMPREPLY=($(compgen -W "${longOptions(command)}" -- "$word")) ;;`,
  );
  const names = commands.map(({ name }) => name).join(" ");
  return `# s3warden completion bash > /etc/bash_completion.d/s3warden
_s3warden() {
    local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "${names}" -- "$word"))
        return
    fi
    case "$command:$before" in
${cases.join("")}    esac
    case "$word" in
        -*) ;;
        *) ${FILES}; return ;;
    esac
    case "$command" in
${options.join("\n")}
    esac
}
complete -o filenames -F _s3warden s3warden
`;
}

const FILES = 'COMPREPLY=($(compgen -f -- "$word"))';
const DIRECTORIES = 'COMPREPLY=($(compgen -d -- "$word"))';

function wordsOf(value: readonly string[] | Kind): string {
  return typeof value === "string"
    ? ":"
    : `COMPREPLY=($(compgen -W "${value.join(" ")}" -- "$word"))`;
}

function longOptions({ options }: Completed): string {
  return [...options.map(({ long }) => long), "--help"].join(" ");
}

function inZsh(commands: readonly Completed[]): string {
  const names = commands.map(({ name, text }) => `    ${quoted(`${name}:${text}`)}`);
  const cases = commands.map(({ name, options }) => {
    const specs = options.map((option) => `      ${quoted(zshSpec(option))} \\\n`);
    return `    ${name})\n      _arguments \\\n${specs.join("")}      '*:file:_files'\n      ;;`;
  });
  return `#compdef s3warden
# s3warden completion zsh > "\${fpath[1]}/_s3warden"
_s3warden() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _s3warden s3warden
`;
}

function zshSpec(option: Option): string {
  const text = option.description.replaceAll(/[[\]:]/g, " ");
  const value = valueOf(option);
  if (value === "none") return `${option.long}[${text}]`;
  const action =
    value === "file"
      ? "_files"
      : value === "directory"
        ? "_files -/"
        : typeof value === "string"
          ? " "
          : `(${value.join(" ")})`;
  return `*${option.long}[${text}]:value:${action}`;
}

function inFish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, text, options }) => [
    `complete -c s3warden -n __fish_use_subcommand -f -a ${name} -d ${quoted(text)}`,
    ...options.map((option) => fishLine(name, option)),
  ]);
  return `# s3warden completion fish > ~/.config/fish/completions/s3warden.fish\n${lines.join("\n")}\n`;
}

function fishLine(command: string, option: Option): string {
  const value = valueOf(option);
  const name = option.long?.replace(/^--/, "") ?? "";
  const takes =
    typeof value === "string"
      ? { file: " -r -F", directory: " -r -F", text: " -x", none: " -f" }[value]
      : ` -x -a ${quoted(value.join(" "))}`;
  const description = quoted(option.description);
  return `complete -c s3warden -n '__fish_seen_subcommand_from ${command}' -l ${name}${takes} -d ${description}`;
}

/** Quotes text for a shell: nothing in it is read as anything but itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

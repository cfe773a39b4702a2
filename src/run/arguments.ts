import { parseExecutionId } from "../wire/ids.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { parseRunId } from "../wire/run-id.ts";
import { UsageError } from "../wire/usage-error.ts";
import { RUN_LIMITS } from "./limits.ts";

/** The parsed command line. Undefined: not given, so the environment or the default decides. */
export interface Arguments {
  /** The command. Empty only for an action other than "run". */
  readonly argv: readonly string[];
  readonly job: string | undefined;
  readonly run: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly id: string | undefined;
  readonly runDir: string | undefined;
  readonly quiet: boolean;
  readonly raw: boolean;
  readonly oneLineFrames: boolean;
  readonly hideArgv: boolean;
  readonly action: "run" | "flush" | "doctor" | "help" | "version";
}

type Draft = { -readonly [K in keyof Arguments]: Arguments[K] };

const FLAGS: Readonly<Record<string, (draft: Draft) => void>> = {
  "--quiet": (draft) => {
    draft.quiet = true;
  },
  "--raw": (draft) => {
    draft.raw = true;
  },
  "--one-line-frames": (draft) => {
    draft.oneLineFrames = true;
  },
  "--hide-argv": (draft) => {
    draft.hideArgv = true;
  },
  "--flush": (draft) => {
    draft.action = "flush";
  },
  "--doctor": (draft) => {
    draft.action = "doctor";
  },
  "--help": (draft) => {
    draft.action = "help";
  },
  "--version": (draft) => {
    draft.action = "version";
  },
};

const VALUES: Readonly<Record<string, (draft: Draft, value: string) => void>> = {
  "--job": (draft, value) => {
    if (value === "" || value.length > WIRE_LIMITS.maxJobCharacters) {
      throw new UsageError(`--job takes 1 to ${WIRE_LIMITS.maxJobCharacters} characters`);
    }
    draft.job = value;
  },
  "--run": (draft, value) => {
    if (parseRunId(value) === undefined) {
      const most = WIRE_LIMITS.maxRunCharacters;
      throw new UsageError(
        `--run takes 1 to ${most} letters, digits and . _ : @ + = , / [ ] -, first a letter or digit`,
      );
    }
    draft.run = value;
  },
  "--label": (draft, value) => {
    draft.labels = withLabel(draft.labels, value);
  },
  "--id": (draft, value) => {
    if (parseExecutionId(value) === undefined) {
      throw new UsageError(`--id takes a ULID (26 characters, upper case), not ${JSON.stringify(value)}`);
    }
    draft.id = value;
  },
  "--run-dir": (draft, value) => {
    draft.runDir = value;
  },
};

/** Parses mlrun's command line after the program's name. Throws `UsageError`. */
export function parseArguments(words: readonly string[]): Arguments {
  const nothing = { job: undefined, run: undefined, id: undefined, runDir: undefined };
  const draft: Draft = {
    argv: [],
    ...nothing,
    labels: {},
    quiet: false,
    raw: false,
    oneLineFrames: false,
    hideArgv: false,
    action: "run",
  };
  let at = 0;
  while (at < words.length && words[at] !== "--") {
    const word = words[at] ?? "";
    if (!word.startsWith("--")) throw new UsageError(`unexpected ${JSON.stringify(word)}; the command goes after --`);
    const [name = "", inline] = splitOnce(word);
    at += 1;
    if (inline === undefined && FLAGS[name] !== undefined) {
      FLAGS[name](draft);
    } else if (VALUES[name] !== undefined) {
      const value = inline ?? words[at];
      if (value === undefined) throw new UsageError(`${name} takes a value`);
      if (inline === undefined) at += 1;
      VALUES[name](draft, value);
    } else {
      throw new UsageError(FLAGS[name] === undefined ? `unknown option ${name}` : `${name} takes no value`);
    }
  }
  draft.argv = words.slice(at + 1);
  if (draft.action === "run" && (draft.argv[0] ?? "") === "") throw new UsageError("no command after --");
  if (["flush", "doctor"].includes(draft.action) && draft.argv.length > 0) {
    throw new UsageError(`--${draft.action} takes no command`);
  }
  return draft;
}

/** Splits `--name=value` into its two parts. */
function splitOnce(word: string): [string, string | undefined] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function withLabel(labels: Readonly<Record<string, string>>, text: string): Record<string, string> {
  const [key, value] = splitOnce(text);
  const { maxLabels, maxLabelKeyCharacters: keyMost, maxLabelValueCharacters: valueMost } = WIRE_LIMITS;
  if (value === undefined) throw new UsageError(`--label takes KEY=VALUE, not ${JSON.stringify(text)}`);
  if (key === "" || key === "__proto__" || key.length > keyMost || value.length > valueMost) {
    throw new UsageError(`--label takes a key of 1 to ${keyMost} and a value of at most ${valueMost} characters`);
  }
  const more = { ...labels, [key]: value };
  if (Object.keys(more).length > maxLabels) throw new UsageError(`at most ${maxLabels} labels`);
  if (Buffer.byteLength(JSON.stringify(more)) > RUN_LIMITS.labelBytes) {
    throw new UsageError(`--label takes at most ${RUN_LIMITS.labelBytes} bytes in all`);
  }
  return more;
}

import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import {
  EVENTS_FOLDER,
  isNoteName,
  isNoteSeverity,
  isNoteText,
  NOTE_SEVERITIES,
  type NodeNote,
} from "../../wire/fleet/node-note.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";

/** mlagent-root has no right to read what only its user may. The folder shows nobody its names. */
const FILE_MODE = 0o644;
const WORDS_AT_MOST = 64;

export const EVENT: CommandDescription = {
  name: "event",
  summary: "report what happened on this node to the collector",
  operands: "NAME TEXT...",
  operandCount: [2, 1 + WORDS_AT_MOST],
  about: `Leaves a message for this node's agent, which sends it to the collector under your name, as soon as that is there. It
stands in the viewer's page of nodes, in \`mlctl nodes --events\`, in the collector's log and its audit. It needs no login.

  mlctl event -s warning backup 'only 3 of 4 disks were saved'`,
  options: {
    severity: { short: "s", value: "SEVERITY", help: "info, warning or error (info)", choices: NOTE_SEVERITIES },
    folder: { value: "DIR", help: `events-dir of the node's agent.toml (${EVENTS_FOLDER})` },
  },
  exitCodes: "Exit code: 0 once it is kept on this node until the collector has it.",
};

/** `mlctl event`. */
export function eventCommand(settings: { readonly nowMs: () => number }): Command {
  return describedCommand(EVENT, async (options) => {
    const note = noteOf(options);
    const id = makeExecutionId(settings.nowMs(), randomBytes(ULID_RANDOM_BYTES));
    leave(`${JSON.stringify(note)}\n`, { folder: options.text("folder") ?? EVENTS_FOLDER, name: id });
    return 0;
  });
}

function noteOf(options: ParsedOptions): NodeNote {
  const [name = "", ...words] = options.operands;
  const text = words.join(" ");
  const severity = options.text("severity") ?? "info";
  if (!isNoteSeverity(severity)) throw new TypeError(`There is no severity ${severity}`);
  if (!isNoteName(name))
    throw new UsageError(
      `NAME: expected one word of at most 64 letters, digits and ._:/-, got ${JSON.stringify(name)}`,
    );
  if (!isNoteText(text) || text === "")
    throw new UsageError(`TEXT: expected 1 to ${FLEET_LIMITS.maxTextCharacters} characters of UTF-8`);
  return { severity, name, text };
}

/** It gets its name when all of it is on the disk. */
function leave(text: string, { folder, name }: { readonly folder: string; readonly name: string }): void {
  const unfinished = join(folder, `.${name}`);
  try {
    const fd = openSync(unfinished, "wx", FILE_MODE);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // Whatever the umask is.
    chmodSync(unfinished, FILE_MODE);
    renameSync(unfinished, join(folder, name));
  } catch (error) {
    rmSync(unfinished, { force: true });
    const why = isMissing(error) ? `there is no ${folder}` : error instanceof Error ? error.message : String(error);
    throw new CtlError(
      `Cannot leave the event: ${why}. Does marcologger-agent-root run on this node? --folder names another`,
    );
  }
}

import { existsSync } from "node:fs";
import type { AnswerRow } from "../../wire/fleet/answer.ts";
import type { Asked } from "./asked.ts";
import { toolOutput } from "./tool-output.ts";

/** sd_booted(3) */
const RUNS_SYSTEMD = "/run/systemd/system";
/** No option, no path: a unit's name, or a glob (systemctl(1), "PATTERN"). */
const PATTERN = /^[A-Za-z0-9:_.@*?[\]\\][A-Za-z0-9:_.@*?[\]\\-]{0,254}$/;
/** An answer has room for this many units with the longest names. */
const MAX_UNITS = 128;
const MAX_NAME_CHARACTERS = 255;
const MAX_DESCRIPTION_CHARACTERS = 120;

/** Units of systemd that have failed, or all with a name. A text: this machine has none. */
export async function readUnits({ args: [name] }: Pick<Asked, "args">): Promise<readonly AnswerRow[] | string> {
  if (!existsSync(RUNS_SYSTEMD)) return "It does not run systemd";
  if (name !== undefined && !PATTERN.test(name)) return "No unit has such a name";
  const which = name === undefined ? ["--state=failed"] : [name];
  const how = ["list-units", "--all", "--full", "--plain", "--no-legend", "--no-pager"];
  const printed = await toolOutput("systemctl", [...how, ...which]);
  return printed === undefined ? "It has no systemctl" : parseUnits(printed);
}

/** systemctl(1), "list-units": unit, whether it was loaded, its state, the same in detail, description. */
export function parseUnits(printed: string): readonly AnswerRow[] {
  return printed
    .split("\n")
    .flatMap((line) => {
      // Some releases mark a unit that has failed.
      const [, unit, load, active, sub, description = ""] =
        /^\W?\s*(\S+\.[a-z]+)\s+(\S+)\s+(\S+)\s+(\S+)\s*(.*)$/u.exec(line) ?? [];
      if (unit === undefined || load === undefined || active === undefined || sub === undefined) return [];
      const words = description.slice(0, MAX_DESCRIPTION_CHARACTERS).trim();
      return [{ unit: unit.slice(0, MAX_NAME_CHARACTERS), active, state: sub, load, description: words }];
    })
    .slice(0, MAX_UNITS);
}

import type { Ignored } from "../../text/fold/normalise.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { OptionDescription, ParsedOptions } from "../described-command.ts";

const KINDS = ["times", "numbers", "addresses"] as const;

export const IGNORE_OPTION: OptionDescription = {
  short: "i",
  value: "WHAT",
  help: `lines that differ only in ${KINDS.join(", ")} (with commas between them) or in all of these are equal`,
};

/** What `--ignore times,numbers` says. */
export function ignoredBy(options: Pick<ParsedOptions, "text">): Ignored {
  const words = (options.text("ignore") ?? "").split(",").filter((word) => word !== "");
  const unknown = words.find((word) => word !== "all" && !KINDS.some((kind) => kind === word));
  if (unknown !== undefined)
    throw new UsageError(`--ignore: expected ${KINDS.join(", ")} or all, got ${JSON.stringify(unknown)}`);
  return Object.fromEntries(KINDS.map((kind) => [kind, words.includes(kind) || words.includes("all")]));
}

import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { OrderedFile } from "../../wire/fleet/order.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError, type Io } from "../command.ts";
import type { OptionDescription, ParsedOptions } from "../described-command.ts";

/** A file of this machine, and where it goes. */
export interface LocalFile {
  /** Absolute. */
  readonly source: string;
  readonly target: Pick<OrderedFile, "path" | "mode" | "overwrite" | "unpack">;
}

export const PLACE_OPTIONS: Readonly<Record<string, OptionDescription>> = {
  to: {
    value: "DIR",
    help: "the files' folder on the nodes; made if it is missing; @NAME: one that they share (your home)",
  },
  overwrite: { help: "replace files that are there" },
  mode: { value: "MODE", help: "of the files, like 755 (as here)" },
};

const PERMISSIONS = 0o777;

/** The files that the command line names, with their names, in a folder of the nodes. */
export function localFiles(
  words: readonly string[],
  {
    folder = "~",
    options,
    io,
  }: { readonly folder: string | undefined; readonly options: ParsedOptions; readonly io: Io },
): readonly LocalFile[] {
  if (folder === "") throw new UsageError("--to: expected a folder of the nodes");
  const [mode, overwrite] = [modeOf(options.text("mode")), options.has("overwrite")];
  return words.map((word) =>
    localFile(word, { path: `${folder.replace(/\/+$/, "")}/${basename(word)}`, mode, overwrite, io }),
  );
}

/** @param mode undefined: as here */
export function localFile(
  word: string,
  of: { readonly path: string; readonly mode: number | undefined; readonly overwrite: boolean; readonly io: Io },
): LocalFile {
  const source = resolve(of.io.cwd, word);
  const found = statSync(source, { throwIfNoEntry: false });
  if (found?.isFile() !== true)
    throw new CtlError(
      `Cannot send ${word}: ${found === undefined ? "there is no such file" : "it is no file; tar makes one of a folder"}`,
    );
  const { path, overwrite, mode = found.mode & PERMISSIONS } = of;
  return { source, target: { path, mode, overwrite, unpack: "" } };
}

function modeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^0?[0-7]{3}$/.test(text))
    throw new UsageError(`--mode: expected three octal digits like 755, got ${JSON.stringify(text)}`);
  return Number.parseInt(text, 8);
}

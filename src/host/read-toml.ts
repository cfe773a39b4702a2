import { parse as parseToml, TomlError } from "smol-toml";
import { asRecord, type UnknownRecord } from "../wire/record.ts";
import { isMissing } from "./is-missing.ts";

/** Reads a text file; throws as fs.readFileSync does. */
export type ReadFile = (path: string) => string;

/**
 * Reads a TOML file as a record, and describes what is wrong with it. A missing file that may be missing is an empty
 * record.
 */
export function readToml(
  fileName: string,
  { required, readFile }: { required: boolean; readFile: ReadFile },
): { file: UnknownRecord; problem?: string } {
  let text: string;
  try {
    text = readFile(fileName);
  } catch (error) {
    if (isMissing(error) && !required) return { file: {} };
    return { file: {}, problem: `${fileName}: cannot be read: ${error instanceof Error ? error.message : error}` };
  }
  try {
    return { file: asRecord(parseToml(text)) ?? {} };
  } catch (error) {
    const [first] = String(error instanceof Error ? error.message : error).split("\n");
    const at = error instanceof TomlError ? ` at line ${error.line}, column ${error.column}` : "";
    return { file: {}, problem: `${fileName}: is not valid TOML${at}: ${first}` };
  }
}

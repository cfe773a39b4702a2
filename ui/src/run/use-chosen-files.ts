import { useState } from "preact/hooks";
import type { OrderedFile } from "../../../src/wire/fleet/order.ts";
import type { JsonClient } from "../api/json-client.ts";
import { type ChosenFile, nameFile, orderedFile, sendFile } from "./send-files.ts";

export interface ChosenFiles {
  readonly all: readonly ChosenFile[];
  readonly overwrites: boolean;
  setOverwrites(overwrites: boolean): void;
  /** Adds files; a file with the name of an earlier one replaces it. */
  add(files: readonly File[]): void;
  remove(file: File): void;
  /** Sends files that the collector lacks. Resolves with them as an order names them, or with a text if it failed. */
  send(folder: string): Promise<readonly OrderedFile[] | string>;
  /** The same for a dry run, which sends none. */
  name(folder: string): Promise<readonly OrderedFile[] | string>;
}

/** Files that the user has chosen for the nodes. */
export function useChosenFiles(api: JsonClient): ChosenFiles {
  const [all, setAll] = useState<readonly ChosenFile[]>([]);
  const [overwrites, setOverwrites] = useState(false);
  const add = (files: readonly File[]): void =>
    setAll((before) => [
      ...before.filter(({ file }) => files.every(({ name }) => name !== file.name)),
      ...files.map((file) => ({ file, sent: undefined })),
    ]);
  const remove = (gone: File): void => setAll((before) => before.filter(({ file }) => file !== gone));
  const ordered = async (folder: string, nameOf: typeof nameFile): Promise<readonly OrderedFile[] | string> => {
    const files: OrderedFile[] = [];
    for (const { file } of all) {
      const named = await nameOf(file);
      if (typeof named === "string") return named;
      files.push(orderedFile(named, { folder, overwrite: overwrites }));
    }
    return files;
  };
  const sendOne: typeof nameFile = (file) =>
    sendFile(api, file, (bytes) => {
      setAll((before) => before.map((each) => (each.file === file ? { file, sent: bytes } : each)));
    });
  const send = (folder: string) => ordered(folder, sendOne);
  const name = (folder: string) => ordered(folder, nameFile);
  return { all, overwrites, setOverwrites, add, remove, send, name };
}

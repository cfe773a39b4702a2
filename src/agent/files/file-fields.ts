import { executionOf } from "../../orders/execution-of.ts";
import type { OrderedFile, OrderOf } from "../../wire/fleet/order.ts";
import { sharedPath } from "../folders/shared-path.ts";
import type { Staged } from "./writer.ts";

/** Names the node as well: several nodes may have one home. */
interface StagedOn extends Staged {
  readonly node: string;
}

/** Describes a file to mlsupervise (`put.h`) in NUL-terminated fields. `number` is its index in the order and always comes first. */
export function fileFields(
  { path, mode, bytes, overwrite, unpack }: OrderedFile,
  { number, order, uid, shared, node }: StagedOn & { readonly number: number },
): string {
  const within = sharedPath(path);
  const place = within === undefined ? undefined : shared.get(within.name);
  const where =
    within === undefined || place === undefined
      ? { number, path }
      : // Other users' files are staged there as the same user, perhaps for a run of the same name.
        { number: `${number}.${uid}`, path: within.rest, folder: place.folder, as: place.user, uid: place.uid };
  const fields = { ...where, x: executionOf(order.run, node), mode, bytes, overwrite, unpack, end: "" };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}\0`)
    .join("");
}

/** Fields of the files to publish; mlrun's own fields may follow. @param paths absolute, in the order of the files */
export function publishFields(of: StagedOn & { readonly order: OrderOf<"run"> }, paths: readonly string[]): string {
  const { files, argv } = of.order;
  if (files.length === 0) return "";
  const all = files.map((file, number) => {
    const path = sharedPath(file.path) === undefined ? (paths[number] ?? "") : file.path;
    return fileFields({ ...file, path }, { ...of, number });
  });
  return `${all.join("")}then=${argv.length === 0 ? "end" : "run"}\0`;
}

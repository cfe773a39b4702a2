import type { OrderedFile, OrderOf } from "../../wire/fleet/order.ts";

/** What mlsupervise reads of a file (`put.h`): fields ended by NUL. `number` is its place in the order, and always first. */
export function fileFields(
  { path, mode, bytes, overwrite, unpack }: OrderedFile,
  { run, number }: { readonly run: string; readonly number: number },
): string {
  const fields = { number, run, path, mode, bytes, overwrite, unpack, end: "" };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}\0`)
    .join("");
}

/** Files to publish before mlrun's own fields, or before nothing. @param paths absolute, in the order of the files. */
export function publishFields(order: OrderOf<"run">, paths: readonly string[]): string {
  if (order.files.length === 0) return "";
  const files = order.files.map((file, number) =>
    fileFields({ ...file, path: paths[number] ?? "" }, { ...order, number }),
  );
  return `${files.join("")}then=${order.argv.length === 0 ? "end" : "run"}\0`;
}

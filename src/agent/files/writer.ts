import type { OrderedFile, OrderOf } from "../../wire/fleet/order.ts";
import type { SharedPlaces } from "../folders/shared-access.ts";
import { sharedPath } from "../folders/shared-path.ts";

/** Ordered files with their sender and the shared folders that they name. */
export interface Staged {
  readonly order: Pick<OrderOf<"run">, "user" | "run" | "files">;
  readonly uid: number;
  readonly shared: SharedPlaces;
}

/** User that a file is written as. */
export interface Writer {
  readonly user: string;
  readonly uid: number;
}

/** Undefined: the file's folder is not shared any more. */
export function writerOf({ path }: OrderedFile, { order, uid, shared }: Staged): Writer | undefined {
  const within = sharedPath(path);
  return within === undefined ? { user: order.user, uid } : shared.get(within.name);
}

import type { UserDirectory } from "../../host/users.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { Refusal } from "../../wire/fleet/refusal.ts";
import { mayUse } from "../may-use.ts";
import type { SharedFolders } from "./shared-folders.ts";
import { sharedPath } from "./shared-path.ts";

/** Path of a shared folder and the user that its files belong to. */
interface SharedPlace {
  readonly folder: string;
  readonly user: string;
  readonly uid: number;
}

/** The shared folders that an order names, by name. */
export type SharedPlaces = ReadonlyMap<string, SharedPlace>;

type Access =
  | { readonly kind: "ready"; readonly places: SharedPlaces }
  | { readonly kind: "refuse"; readonly why: Refusal; readonly text: string }
  | { readonly kind: "wait"; readonly why: "directory" };

interface SharedAccessOptions {
  /** The shared folders in agent.toml now. */
  folders(): SharedFolders;
  readonly users: Pick<UserDirectory, "byName" | "isMember">;
}

type Using = Pick<OrderOf<"run" | "check">, "user" | "files" | "cwd">;

/** Decides who may put files into the node's shared folders, and resolves their paths. */
export class SharedAccess {
  readonly #options: SharedAccessOptions;

  constructor(options: SharedAccessOptions) {
    this.#options = options;
  }

  /** Before an order begins: checks everything again, since rights may have been withdrawn. */
  async prepare(order: Using): Promise<Access> {
    const { folders, users } = this.#options;
    const places = new Map<string, SharedPlace>();
    for (const name of namesIn(order)) {
      const may = await mayUse(order.user, { groups: folders().get(name)?.groups ?? ["*"], users });
      const place = await this.#find(name);
      if (may === "directory" || place === "directory") return { kind: "wait", why: "directory" };
      if (!may) return { kind: "refuse", why: "folder-not-allowed", text: `@${name}` };
      if (place === undefined) return { kind: "refuse", why: "no-such-folder", text: `@${name}` };
      places.set(name, place);
    }
    return { kind: "ready", places };
  }

  /** For an order that has begun. Omits folders that are no longer shared, or whose user cannot be looked up. */
  async places(order: Using): Promise<SharedPlaces> {
    const places = new Map<string, SharedPlace>();
    for (const name of namesIn(order)) {
      const place = await this.#find(name);
      if (place !== undefined && place !== "directory") places.set(name, place);
    }
    return places;
  }

  async #find(name: string): Promise<SharedPlace | "directory" | undefined> {
    const folder = this.#options.folders().get(name);
    if (folder === undefined) return undefined;
    const as = await this.#options.users.byName(folder.as, { isFresh: true });
    if (as === "unavailable") return "directory";
    return as === undefined || as.uid === 0 ? undefined : { folder: folder.path, user: folder.as, uid: as.uid };
  }
}

/** Working folder of a command, in mlrun's spelling. */
export function startFolder(cwd: string, places: SharedPlaces): string {
  const within = sharedPath(cwd);
  const place = within === undefined ? undefined : places.get(within.name);
  return within === undefined || place === undefined ? cwd : `${place.folder}/${within.rest}`;
}

function namesIn({ files, cwd }: Using): ReadonlySet<string> {
  const paths = [...files.map(({ path }) => path), cwd];
  return new Set(paths.flatMap((path) => sharedPath(path)?.name ?? []));
}

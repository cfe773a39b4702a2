import type { UserDirectory } from "../../host/users.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { Refusal } from "../../wire/fleet/refusal.ts";
import { mayUse } from "../may-use.ts";
import type { SharedFolders } from "./shared-folders.ts";
import { sharedPath } from "./shared-path.ts";

/** Where files of a shared folder go, and whom they are written as. */
interface SharedPlace {
  readonly folder: string;
  readonly user: string;
  readonly uid: number;
}

/** Those that an order names, by the folders' names. */
export type SharedPlaces = ReadonlyMap<string, SharedPlace>;

type Access =
  | { readonly kind: "ready"; readonly places: SharedPlaces }
  | { readonly kind: "refuse"; readonly why: Refusal; readonly text: string }
  | { readonly kind: "wait"; readonly why: "directory" };

interface SharedAccessOptions {
  /** As agent.toml has them now. */
  folders(): SharedFolders;
  readonly users: Pick<UserDirectory, "byName" | "isMember">;
}

type Using = Pick<OrderOf<"run" | "check">, "user" | "files" | "cwd">;

/** Who may put files into the node's shared folders, and where these are. */
export class SharedAccess {
  readonly #options: SharedAccessOptions;

  constructor(options: SharedAccessOptions) {
    this.#options = options;
  }

  /** Of an order that may begin: everything is asked again, for rights may have gone since it came. */
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

  /** Of an order that has begun. Those that are not shared any more, or whose user nobody can name, are left out. */
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

/** The folder in which a command begins, as mlrun reads it. */
export function startFolder(cwd: string, places: SharedPlaces): string {
  const within = sharedPath(cwd);
  const place = within === undefined ? undefined : places.get(within.name);
  return within === undefined || place === undefined ? cwd : `${place.folder}/${within.rest}`;
}

function namesIn({ files, cwd }: Using): ReadonlySet<string> {
  const paths = [...files.map(({ path }) => path), cwd];
  return new Set(paths.flatMap((path) => sharedPath(path)?.name ?? []));
}

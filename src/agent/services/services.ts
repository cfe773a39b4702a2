import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Log } from "../../host/log.ts";
import type { UserDirectory } from "../../host/users.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { Refusal } from "../../wire/fleet/refusal.ts";
import { isProgramName } from "../../wire/fleet/service-name.ts";
import { mayUse } from "../may-use.ts";
import { programFields } from "../programs/program-fields.ts";
import { TrustedFile } from "../programs/trusted-file.ts";
import { parseService, type Service } from "./service-file.ts";

interface ServicesOptions {
  /** `services.d`: a file for each, in folders for nested names. */
  readonly folder: string;
  readonly users: Pick<UserDirectory, "byName" | "isMember">;
  readonly log: Log;
}

/** A call that may begin. */
type Prepared =
  | {
      readonly kind: "serve";
      /** Input of mlsupervise: the program, and the call's input. */
      readonly fields: string;
      readonly user: string;
      readonly uid: number;
      readonly seconds: number;
    }
  | { readonly kind: "refuse"; readonly why: Refusal }
  | { readonly kind: "wait"; readonly why: "directory" };

/** Files read each second. Services beyond are not offered. */
const MAX_FILES = 256;
/** Depth of nested folders: names have 128 characters. */
const MAX_DEPTH = 8;

/** The services that this node offers. Changed files take effect without a restart. */
export class Services {
  readonly #options: ServicesOptions;
  readonly #files = new Map<string, TrustedFile<Service | undefined>>();

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  /** Services with a valid file, sorted. Logs an invalid file once for each change. */
  names(): readonly string[] {
    const { folder } = this.#options;
    const found = filesIn(folder, MAX_DEPTH)
      .map((path) => relative(folder, path))
      .filter(isProgramName)
      .sort();
    for (const name of this.#files.keys()) if (!found.includes(name)) this.#files.delete(name);
    const offered = found.slice(0, MAX_FILES).filter((name) => this.#fileOf(name).read() !== undefined);
    return offered.slice(0, FLEET_LIMITS.maxListedServices);
  }

  /** The reason why the user may not call it now; undefined if they may. */
  async refusal({ service: name, user }: OrderOf<"call">): Promise<Refusal | "directory" | undefined> {
    const service = this.#find(name);
    if (service === undefined) return "no-such-service";
    const may = await mayUse(user, { groups: service.groups, users: this.#options.users });
    return may === "directory" ? may : may ? undefined : "service-not-allowed";
  }

  /** Checks everything again: rights may have been withdrawn since the call came. */
  async prepare(order: OrderOf<"call">): Promise<Prepared> {
    const why = await this.refusal(order);
    if (why === "directory") return { kind: "wait", why };
    const service = this.#find(order.service);
    if (why !== undefined || service === undefined) return { kind: "refuse", why: why ?? "no-such-service" };
    const as = await this.#options.users.byName(service.as, { isFresh: true });
    if (as === "unavailable") return { kind: "wait", why: "directory" };
    if (as === undefined || as.uid === 0) return { kind: "refuse", why: "no-such-service" };
    const env = [`MARCOLOGGER_USER=${order.user}`, `MARCOLOGGER_SERVICE=${order.service}`];
    const fields = programFields({ argv: service.argv, env, input: order.input });
    return { kind: "serve", fields, user: service.as, uid: as.uid, seconds: service.seconds };
  }

  /** Neither keeps nor opens a name that a caller invents: it is no fault of the node. */
  #find(name: string): Service | undefined {
    // Added since the last pass.
    const hasCome = isProgramName(name) && !this.#files.has(name) && isFile(join(this.#options.folder, name));
    if (hasCome) this.names();
    return this.#files.get(name)?.read();
  }

  #fileOf(name: string): TrustedFile<Service | undefined> {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const { folder, log } = this.#options;
    const path = join(folder, name);
    const file = new TrustedFile(path, (read) => {
      if ("text" in read && read.text === "") return undefined;
      const service = "fault" in read ? read.fault : parseService(read.text);
      if (typeof service !== "string") return service;
      log.event("error", "a service is not offered", { path, fault: service });
      return undefined;
    });
    this.#files.set(name, file);
    return file;
  }
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false;
  }
}

function filesIn(folder: string, depth: number): readonly string[] {
  let entries: readonly Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 ? filesIn(path, depth - 1) : [];
    return entry.isFile() ? [path] : [];
  });
}

import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseExecutionId } from "../../wire/ids.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { isUnixName } from "../../wire/unix-name.ts";
import { makeFolder, readRecord, replaceRecord, writeRecord } from "./durable.ts";
import { type Accepted, type Claim, type Ended, type Never, parseAccepted, parseClaim, parseEnded } from "./records.ts";

/** Identifies a run. Two users' orders with the same run id are two runs. */
export interface RunName {
  readonly user: string;
  readonly run: string;
}

/** Highest numbers of removed folders: no order that expires at or before `expires` is taken again. */
export interface Floor {
  readonly expires: number;
  readonly issued: number;
  readonly sequence: number;
}

/** Disk space of a folder with its small records, each a block. */
const FOLDER_BYTES = 20_480;
/** An order is stored twice: in its record and in its supervisor's input. */
const COPIES = 2;

const NO_FLOOR: Floor = { expires: 0, issued: 0, sequence: 0 };

/**
 * The node's durable record of orders and their results: `runs/USER.RUN/` holds `order`, `cancel`, `claim`, `exit`,
 * `placed` and `told-STATE`, each made once. **The process that links `claim` decides the run**: a supervisor that then executes it, or this
 * process for a run that never executes. Nothing is decided from memory.
 */
export class Journal {
  /** Created with the journal: a copy has the same id. */
  readonly id: string;
  readonly #folder: string;
  /** By user. */
  readonly #bytes = new Map<string, number>();
  #sequence = 0;
  #highestIssuedMs = 0;
  #createdMs: number;

  constructor(folder: string, made: { readonly id: string; readonly nowMs: number }) {
    this.#folder = folder;
    mkdirSync(this.#runs, { recursive: true, mode: 0o700 });
    rmSync(this.#scratch, { recursive: true, force: true });
    mkdirSync(this.#scratch, { mode: 0o700 });
    writeRecord(folder, "journal", JSON.stringify({ id: made.id, created: made.nowMs }));
    const known = asRecord(parseJson(readRecord(folder, "journal") ?? ""));
    const [id, created] = [parseExecutionId(known?.["id"]), asCount(known?.["created"])];
    if (id === undefined || created === undefined)
      throw new Error(`Cannot read ${folder}/journal: move ${folder} away, and what runs on this node starts anew`);
    [this.id, this.#createdMs] = [id, created];
    for (const name of this.all()) this.#count(name.user, this.#bytesOf(name));
    const floor = this.floor();
    [this.#sequence, this.#highestIssuedMs] = [floor.sequence, floor.issued];
  }

  get #runs(): string {
    return join(this.#folder, "runs");
  }

  get #scratch(): string {
    return join(this.#folder, "new");
  }

  /** Orders issued earlier may have run here without a trace in this journal. */
  get createdMs(): number {
    return this.#createdMs;
  }

  /** Marks this journal as a copy: from now on it takes no order issued before `atMs`. */
  refuseBefore(atMs: number): void {
    replaceRecord(this.#folder, "journal", JSON.stringify({ id: this.id, created: atMs }));
    this.#createdMs = atMs;
  }

  /** Highest sequence number of a decision. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The latest `issued` of an accepted order: a lower bound of the time, roughly. */
  get highestIssuedMs(): number {
    return this.#highestIssuedMs;
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Takes over the numbers in a record of an earlier process. */
  saw({ sequence, issued = 0 }: { readonly sequence: number; readonly issued?: number }): void {
    this.#sequence = Math.max(this.#sequence, sequence);
    this.#highestIssuedMs = Math.max(this.#highestIssuedMs, issued);
  }

  /** Approximate disk space of a user's run folders. */
  bytesOfUser(user: string): number {
    return this.#bytes.get(user) ?? 0;
  }

  /** Counts the order by its size; the other records are part of the folder's fixed size. */
  #bytesOf(name: RunName): number {
    const order = statSync(join(this.folderOf(name), "order"), { throwIfNoEntry: false })?.size ?? 0;
    return FOLDER_BYTES + COPIES * order;
  }

  #count(user: string, by: number): void {
    const bytes = this.bytesOfUser(user) + by;
    if (bytes > 0) this.#bytes.set(user, bytes);
    else this.#bytes.delete(user);
  }

  folderOf({ user, run }: RunName): string {
    return join(this.#runs, `${user}.${run}`);
  }

  /** False if the run already has an order or a cancel. */
  accept(name: RunName, record: Accepted & { readonly message: string; readonly issued: number }): boolean {
    const { message, uid, sequence, at } = record;
    this.saw(record);
    return this.#begin(name, "order", JSON.stringify({ message, uid, sequence, at }));
  }

  /** Stores a cancel, even before its order arrives. False if the run already has one. */
  cancel(name: RunName, record: { readonly message: string; readonly by: string; readonly at: number }): boolean {
    const text = JSON.stringify(record);
    return this.#begin(name, "cancel", text) || writeRecord(this.folderOf(name), "cancel", text);
  }

  /** Decides that a run never executes. False if it was already decided otherwise. */
  never(name: RunName, never: Never, at: number): boolean {
    const text = JSON.stringify({ ...never, sequence: this.nextSequence(), at });
    return this.#begin(name, "claim", text) || writeRecord(this.folderOf(name), "claim", text);
  }

  #begin({ user, run }: RunName, record: string, text: string): boolean {
    const place = { parent: this.#runs, name: `${user}.${run}`, scratch: this.#scratch };
    const isNew = makeFolder(place, { name: record, text });
    if (isNew) this.#count(user, this.#bytesOf({ user, run }));
    return isNew;
  }

  /** Whether a record of so many bytes could be written now. */
  hasRoom(bytes: number): boolean {
    try {
      const place = { parent: this.#scratch, name: "room", scratch: this.#scratch };
      return makeFolder(place, { name: "order", text: "0".repeat(bytes) });
    } catch {
      return false;
    } finally {
      rmSync(join(this.#scratch, "room"), { recursive: true, force: true });
    }
  }

  has(name: RunName): boolean {
    return this.order(name) !== undefined || this.claim(name) !== undefined || this.canceller(name) !== undefined;
  }

  order(name: RunName): Accepted | "damaged" | undefined {
    const text = readRecord(this.folderOf(name), "order");
    return text === undefined ? undefined : (parseAccepted(text) ?? "damaged");
  }

  /** The user who cancelled it. */
  canceller(name: RunName): string | undefined {
    const text = readRecord(this.folderOf(name), "cancel");
    const by = text === undefined ? undefined : asRecord(parseJson(text))?.["by"];
    return text === undefined ? undefined : typeof by === "string" ? by : name.user;
  }

  claim(name: RunName): Claim | undefined {
    const text = readRecord(this.folderOf(name), "claim");
    return text === undefined ? undefined : parseClaim(text);
  }

  ended(name: RunName): Ended | "damaged" | undefined {
    const text = readRecord(this.folderOf(name), "exit");
    return text === undefined ? undefined : (parseEnded(text) ?? "damaged");
  }

  /** Call it before the unpublished files are removed: afterwards nothing shows which files are new. */
  keepPlaced(name: RunName, paths: readonly string[]): void {
    writeRecord(this.folderOf(name), "placed", JSON.stringify(paths));
  }

  /** Published files of an interrupted run. Undefined: not determined yet. */
  placed(name: RunName): readonly string[] | undefined {
    const paths = parseJson(readRecord(this.folderOf(name), "placed") ?? "");
    return Array.isArray(paths) ? paths.map(String) : undefined;
  }

  /** A service's answer to a call. */
  output(name: RunName): string | undefined {
    return readRecord(this.folderOf(name), "output");
  }

  /** Losing it costs a repeated event: it needs no fsync. */
  told(name: RunName, state: string): void {
    writeFileSync(join(this.folderOf(name), `told-${state}`), "", { mode: 0o600 });
  }

  wasTold(name: RunName, state: string): boolean {
    return readRecord(this.folderOf(name), `told-${state}`) !== undefined;
  }

  /** The collector has asked for the state again. */
  untell(name: RunName, state: string): void {
    rmSync(join(this.folderOf(name), `told-${state}`), { force: true });
  }

  all(): RunName[] {
    const names = readdirSync(this.#runs).sort();
    return names.map(parseName).filter((name) => name !== undefined);
  }

  floor(): Floor {
    const record = asRecord(parseJson(readRecord(this.#folder, "floor") ?? ""));
    const [expires, issued, sequence] = ["expires", "issued", "sequence"].map((key) => asCount(record?.[key]) ?? 0);
    return record === undefined ? NO_FLOOR : { expires: expires ?? 0, issued: issued ?? 0, sequence: sequence ?? 0 };
  }

  /** Forgets a run, after the floor is on disk: no forgotten order can pass for a new one. */
  remove(name: RunName, of: { readonly expires: number; readonly issued: number }): void {
    const floor = this.floor();
    const next = {
      expires: Math.max(floor.expires, of.expires),
      issued: Math.max(floor.issued, of.issued),
      sequence: this.#sequence,
    };
    replaceRecord(this.#folder, "floor", JSON.stringify(next));
    this.#count(name.user, -this.#bytesOf(name));
    rmSync(this.folderOf(name), { recursive: true, force: true });
  }
}

function parseName(text: string): RunName | undefined {
  const dot = text.lastIndexOf(".");
  const [user, run] = [text.slice(0, dot), parseExecutionId(text.slice(dot + 1))];
  return run !== undefined && isUnixName(user) ? { user, run } : undefined;
}

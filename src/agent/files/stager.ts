import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Writable } from "node:stream";
import type { OrderedFile } from "../../wire/fleet/order.ts";
import { isRefusal, type Refusal } from "../../wire/fleet/refusal.ts";
import { openCached } from "./cached-blob.ts";
import { fileFields } from "./file-fields.ts";
import type { Wants } from "./wants.ts";
import { type Staged, type Writer, writerOf } from "./writer.ts";

type StageOutcome =
  /** Absolute paths, in the order of the files. */
  | { readonly kind: "staged"; readonly paths: readonly string[] }
  | { readonly kind: "wait"; readonly why: string }
  | { readonly kind: "refuse"; readonly why: Refusal; readonly text: string };

/** An action of mlsupervise (`put.h`). */
export type FileAction = "stage" | "would-stage" | "discard" | "placed";

interface StagerOptions {
  readonly node: string;
  /** mlagent's folder of fetched blobs. */
  readonly cache: string;
  readonly wants: Pick<Wants, "want">;
  /** `[command, ...args]` that runs an action of mlsupervise for a user, with this process's pipes. */
  command(action: FileAction, of: { readonly user: string; readonly uid: number; readonly run: string }): string[];
}

/** Read and hashed at a time. */
const PIECE_BYTES = 1_048_576;
const MAX_SAID_BYTES = 16_384;
/** The kernel kills a writer when memory is short. */
const ATTEMPTS = 3;
/** Exit status: the user's name has another uid now (`supervise/supervise.h`). */
const CHANGED = 76;

/** A child's output and exit. */
interface Said {
  readonly text: string;
  readonly code: number | null;
}

/** Ends early with the signal: the run was cancelled. */
export interface Staging extends Staged {
  readonly signal: AbortSignal;
}

interface ToWrite extends Staging {
  readonly file: OrderedFile;
  readonly number: number;
  readonly writer: Writer;
}

/**
 * Writes the files of an order under temporary names in their final folders, or in the deepest ones that exist. A child writes
 * each as the user, or as the user of a shared folder; this process passes the bytes and hashes them. So the verified digest is
 * that of exactly the bytes written, and the child never sees the cache.
 */
export class Stager {
  readonly #options: StagerOptions;
  /** Paths of runs that wait for a file: those before it are staged. Bounded by the runs that may be open. */
  readonly #begun = new Map<string, string[]>();

  constructor(options: StagerOptions) {
    this.#options = options;
  }

  /** After a wait it goes on with the file that was missing. */
  async stage(of: Staging): Promise<StageOutcome> {
    const { order } = of;
    const paths = this.#begun.get(keyOf(order)) ?? [];
    this.#begun.set(keyOf(order), paths);
    for (const [number, file] of [...order.files.entries()].slice(paths.length)) {
      const outcome = await this.#stageOne({ ...of, file, number });
      if (outcome.kind === "staged") paths.push(...outcome.paths);
      else {
        if (outcome.kind === "refuse") await this.discard(of);
        return outcome;
      }
    }
    this.#begun.delete(keyOf(order));
    return { kind: "staged", paths };
  }

  /** Whether all could be staged now, as far as that shows without their bytes. Writes nothing. */
  async would(of: Staged): Promise<Omit<Extract<StageOutcome, { kind: "refuse" }>, "kind"> | "directory" | undefined> {
    for (const { text } of await this.#withAll("would-stage", of)) {
      const [why = "", words = ""] = text.split("\0");
      if (why !== "staged") return isRefusal(why) ? { why, text: words } : "directory";
    }
    return undefined;
  }

  /** Removes what was staged and not published, if anything. */
  async discard(of: Staged): Promise<void> {
    this.#begun.delete(keyOf(of.order));
    await this.#withAll("discard", of);
  }

  /** Absolute paths of those that were published and still stand there, once all were staged. Undefined: nobody could look. */
  async placed(of: Staged): Promise<readonly string[] | undefined> {
    if (of.order.files.some((file) => writerOf(file, of) === undefined)) return undefined;
    const all = await this.#withAll("placed", of);
    return all.every(({ code }) => code === 0) ? all.flatMap(({ text }) => text.split("\0").slice(0, -1)) : undefined;
  }

  /** With one child for each user whom files are written as. */
  #withAll(action: "would-stage" | "discard" | "placed", of: Staged): Promise<readonly Said[]> {
    const children = new Map<string, { readonly writer: Writer; fields: string }>();
    for (const [number, file] of of.order.files.entries()) {
      const writer = writerOf(file, of);
      if (writer === undefined) continue;
      const child = children.get(writer.user) ?? { writer, fields: "" };
      child.fields += fileFields(file, { ...of, number, node: this.#options.node });
      children.set(writer.user, child);
    }
    const all = [...children.values()].map(({ writer, fields }) => {
      const child = this.#start(action, { ...writer, run: of.order.run });
      child.stdin?.end(fields);
      return ended(child);
    });
    return Promise.all(all);
  }

  async #stageOne(of: Omit<ToWrite, "writer">): Promise<StageOutcome> {
    const { order, file } = of;
    const writer = writerOf(file, of);
    if (writer === undefined) return { kind: "refuse", why: "no-such-folder", text: file.path };
    const blob = { owner: order.user, sha256: file.sha256, bytes: file.bytes };
    const why = await unlessAborted(this.#options.wants.want(blob), of.signal);
    if (why !== "") return { kind: "wait", why };
    for (let attempt = 1; ; attempt += 1) {
      const fd = openCached(this.#options.cache, blob);
      if (fd === undefined) return { kind: "wait", why: "files" };
      const outcome = await this.#write(fd, { ...of, writer });
      if (outcome !== "killed") return outcome;
      if (attempt === ATTEMPTS) return { kind: "wait", why: "files" };
    }
  }

  async #write(fd: number, of: ToWrite): Promise<StageOutcome | "killed"> {
    const { order, file, signal } = of;
    const child = this.#start("stage", { ...of.writer, run: order.run });
    const said = ended(child);
    const hash = createHash("sha256");
    const stdin = child.stdin as Writable;
    let isOpen = true;
    let isRight = false;
    try {
      isOpen = await written(stdin, fileFields(file, { ...of, node: this.#options.node }));
      // No more than was ordered: mlagent may append, and what follows the bytes says that they are right.
      const range = { start: 0, end: Math.max(0, file.bytes - 1), highWaterMark: PIECE_BYTES };
      for await (const piece of createReadStream("", { fd, ...range })) {
        if (!isOpen || signal.aborted) break;
        hash.update(piece as Buffer);
        isOpen = await written(stdin, piece as Buffer);
      }
      isRight = hash.digest("hex") === file.sha256 && !signal.aborted;
    } finally {
      stdin.end(isRight ? "+" : "");
    }
    const { text, code } = await said;
    const [why = "", words = ""] = text.split("\0");
    if (why === "staged" && isRight) return { kind: "staged", paths: [words] };
    if (isRefusal(why)) return { kind: "refuse", why, text: words };
    if (code === CHANGED) return { kind: "refuse", why: "uid-changed", text: "" };
    if (signal.aborted) return { kind: "wait", why: "files" };
    if (!isRight && (isOpen || why === "staged")) return { kind: "refuse", why: "file-digest", text: file.path };
    return code === null ? "killed" : { kind: "wait", why: "directory" };
  }

  #start(action: FileAction, as: Writer & { readonly run: string }): ChildProcess {
    const [program = "", ...args] = this.#options.command(action, as);
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"], cwd: "/" });
    // It refuses before it has read everything.
    child.stdin?.on("error", () => undefined);
    return child;
  }
}

function keyOf({ user, run }: Staged["order"]): string {
  return `${user}.${run}`;
}

/** Resolves when there is room for more; false if nobody reads any more. */
function written(stream: Writable, data: string | Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    stream.write(data, (error) => resolve(error === null || error === undefined));
  });
}

/** Why it is not there, or that it is wanted no longer. No listener stays: an order has hundreds of files. */
async function unlessAborted(wanted: Promise<string>, signal: AbortSignal): Promise<string> {
  let abort = (): void => undefined;
  const aborted = new Promise<string>((resolve) => {
    abort = () => resolve("files");
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([wanted, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function ended(child: ChildProcess): Promise<Said> {
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => {
    if (text.length < MAX_SAID_BYTES) text += part;
  });
  return new Promise((resolve) => {
    child.once("error", () => resolve({ text: "", code: null }));
    child.once("close", (code) => resolve({ text, code }));
  });
}

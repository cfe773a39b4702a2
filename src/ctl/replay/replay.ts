import { CtlError } from "../command.ts";
import { readJournal } from "./journal-reader.ts";
import { RelpClient, type RelpTarget } from "./relp-client.ts";
import { RelpError } from "./relp-error.ts";
import { ReplayFolder } from "./replay-folder.ts";

/** Small, and the next one waits for its acknowledgement: the relay's live frames must not wait. */
const WINDOW = { maxFrames: 500, maxBytes: 262_144 } as const;
const BACKOFF = { firstMs: 1_000, lastMs: 60_000 } as const;
/** A collector that starts or stops ends sessions as well: this many in a row mean that it refuses us. */
const UNWELCOME_TIMES = 3;
/** A relay that meets a wrong certificate restarts every few seconds: enough for a day of that. */
const MAX_FOLDERS = 10_000;
/** Most bytes sent again after a kill. */
const PROGRESS_EVERY_BYTES = 1_048_576;

interface ReplayOptions {
  /** Holds a folder for each earlier start. */
  readonly folder: string;
  /** Called for each connection: certificates may have been corrected. */
  readonly target: () => Promise<RelpTarget>;
  /** Most bytes that wait on disk; beyond it the oldest start's journal is abandoned. */
  readonly maxBytes: number;
  readonly say: (text: string) => void;
  readonly pause: (ms: number) => Promise<void>;
}

/** The result of a replay. */
interface Replayed {
  readonly frames: number;
  readonly skippedLines: number;
  readonly droppedBytes: number;
  /** Bytes that the collector was known to have. */
  readonly settledBytes: number;
}

/**
 * Sends the journals of the relay's earlier starts to the collector, frame by frame and unchanged, and removes each
 * file once it is acknowledged. The collector does not store again what it already has.
 *
 * Waits while the collector is away. Throws `CtlError` if an administrator must correct something first.
 */
export async function replay(options: ReplayOptions): Promise<Replayed> {
  const run = new Replay(options);
  try {
    return await run.all();
  } finally {
    run.end();
  }
}

class Replay {
  readonly #options: ReplayOptions;
  #client: RelpClient | undefined;
  #frames = 0;
  #skippedLines = 0;
  #droppedBytes = 0;
  #settledBytes = 0;
  /** Attempts in a row: all failed ones, and those in which the collector ended the session before it was open. */
  #failures = 0;
  #unwelcome = 0;
  /** Folders already examined for settled frames, which requires reading them. */
  readonly #looked = new Set<string>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  async all(): Promise<Replayed> {
    for (;;) {
      const all = await ReplayFolder.list(this.#options.folder);
      // First, so that frames the collector has take no space from those it lacks.
      for (const folder of all) await this.#removeSettled(folder);
      const folders = await this.#withinBounds(all);
      if (folders.length === 0) break;
      try {
        for (const folder of folders) {
          await this.#sendAll(folder);
          await folder.removeAll();
        }
      } catch (error) {
        if (!(error instanceof RelpError)) throw error;
        this.end();
        await this.#afterFailure(error);
      }
    }
    this.#client?.close();
    this.#client = undefined;
    return {
      frames: this.#frames,
      skippedLines: this.#skippedLines,
      droppedBytes: this.#droppedBytes,
      settledBytes: this.#settledBytes,
    };
  }

  end(): void {
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #removeSettled(folder: ReplayFolder): Promise<void> {
    if (this.#looked.has(folder.path)) return;
    this.#looked.add(folder.path);
    this.#settledBytes += await folder.removeSettled();
  }

  async #sendAll(folder: ReplayFolder): Promise<void> {
    for (let next = await folder.next(); next !== undefined; next = await folder.next()) {
      let saved = next.from;
      let skippedLines = 0;
      for await (const { frames, end, skipped } of readJournal(next.path, { from: next.from, ...WINDOW })) {
        if (frames.length > 0) await this.#send(frames);
        skippedLines += skipped;
        if (end - saved < PROGRESS_EVERY_BYTES) continue;
        saved = end;
        await folder.acknowledged({ file: next.file, offset: end });
      }
      this.#skipped(skippedLines, next.path);
      await folder.remove(next.file);
    }
  }

  async #send(frames: readonly Buffer[]): Promise<void> {
    this.#client ??= await RelpClient.open(await this.#options.target());
    await this.#client.send(frames);
    if (this.#failures > 0) this.#options.say("the collector is back");
    this.#failures = 0;
    this.#unwelcome = 0;
    this.#frames += frames.length;
  }

  #skipped(count: number, path: string): void {
    if (count === 0) return;
    this.#skippedLines += count;
    this.#options.say(`skipped ${count} of the lines in ${path}: torn when the relay was killed, or damaged`);
  }

  async #withinBounds(folders: readonly ReplayFolder[]): Promise<readonly ReplayFolder[]> {
    const { maxBytes, say } = this.#options;
    const sizes: number[] = [];
    for (const folder of folders) sizes.push(await folder.bytes());
    let total = sizes.reduce((sum, bytes) => sum + bytes, 0);
    let dropped = 0;
    for (const [i, folder] of folders.entries()) {
      const isWithin = total <= maxBytes && folders.length - i <= MAX_FOLDERS;
      if (isWithin || i === folders.length - 1) break;
      const bytes = sizes[i] ?? 0;
      await folder.removeAll();
      total -= bytes;
      dropped += 1;
      this.#droppedBytes += bytes;
      const limits = `limits are ${maxBytes} bytes and ${MAX_FOLDERS} starts of the relay`;
      say(`gave up the journal ${folder.path} of ${bytes} bytes, unsent: ${limits}`);
    }
    return folders.slice(dropped);
  }

  async #afterFailure({ fault, message }: RelpError): Promise<void> {
    const { say, pause } = this.#options;
    this.#failures += 1;
    this.#unwelcome = fault === "unwelcome" ? this.#unwelcome + 1 : 0;
    if (fault === "untrusted") {
      throw new CtlError(
        `Cannot trust the collector: ${message}. Compare ca.crt here and there, the host name that --collector says, ` +
          "and the clocks; nothing was sent and nothing is lost",
      );
    }
    if (fault === "refused") throw new CtlError(`Cannot send: the collector answered ${JSON.stringify(message)}`);
    if (this.#unwelcome >= UNWELCOME_TIMES) {
      throw new CtlError(
        `Cannot open a session: ${message}. It refuses a node's certificate that is revoked, expired or of another ` +
          "authority (`mlctl pki issue` or `renew` makes a new one), and more relays than it has room for: see its log",
      );
    }
    if (this.#failures === 1) say(`the collector is away (${message}): waiting`);
    await pause(Math.min(BACKOFF.firstMs * 2 ** (this.#failures - 1), BACKOFF.lastMs));
  }
}

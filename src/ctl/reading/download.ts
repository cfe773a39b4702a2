import { createWriteStream, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { CtlError } from "../command.ts";
import { ApiRefusal, type ApiRequest, bytesOf, type Collector } from "../remote/collector.ts";

export type Asked = Pick<ApiRequest, "path" | "query">;

interface DownloadOptions {
  readonly asked: Asked;
  readonly path: string;
  /** How many there are, where it can go on in the middle; undefined where it cannot. */
  readonly bytes: number | undefined;
}

/** Cuts in a row without a byte between them. */
const MAX_CUTS = 5;
const TRY_AGAIN_AFTER_MS = 1_000;
const NOT_SATISFIABLE = 416;
const PARTIAL = 206;

/**
 * Downloads to a file that is there only when it is whole. Until then there are PATH.part and, in PATH.part.tag, which state
 * of the output it is a part of: with these a later call goes on.
 */
export async function download(collector: Collector, { asked, path, bytes }: DownloadOptions): Promise<void> {
  const part = new Part(path, bytes !== undefined);
  for (let cuts = 0; ; ) {
    const before = part.size;
    try {
      if (before === 0 || before !== bytes) await part.fetch(collector, asked);
      part.finish();
      return;
    } catch (error) {
      if (error instanceof ApiRefusal && error.status === NOT_SATISFIABLE) part.remove();
      else if (error instanceof ApiRefusal || !(error instanceof CtlError)) throw part.failed(error);
      cuts = part.size > before ? 0 : cuts + 1;
      if (bytes === undefined || cuts >= MAX_CUTS) throw part.failed(error);
      await pause(TRY_AGAIN_AFTER_MS);
    }
  }
}

class Part {
  readonly #path: string;
  readonly #canGoOn: boolean;

  constructor(path: string, canGoOn: boolean) {
    this.#path = path;
    this.#canGoOn = canGoOn;
  }

  /** Bytes of an earlier attempt that can be gone on with. */
  get size(): number {
    if (!this.#canGoOn || this.#tag === undefined) return 0;
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  async fetch(collector: Collector, asked: Asked): Promise<void> {
    const { size } = this;
    const tag = this.#tag;
    const headers: Record<string, string> =
      size === 0 || tag === undefined ? {} : { range: `bytes=${size}-`, "if-range": tag };
    const answer = await collector.send({ ...asked, headers });
    const { etag } = answer.headers;
    if (etag !== undefined && this.#canGoOn) writeFileSync(this.#tagFile, etag);
    const flags = answer.statusCode === PARTIAL ? "a" : "w";
    await pipeline(bytesOf(answer), createWriteStream(this.#file, { flags }));
  }

  finish(): void {
    renameSync(this.#file, this.#path);
    rmSync(this.#tagFile, { force: true });
  }

  remove(): void {
    for (const file of [this.#file, this.#tagFile]) rmSync(file, { force: true });
  }

  /** What to tell the person; what cannot be gone on with is removed. */
  failed(error: unknown): unknown {
    const isKept = this.size > 0;
    if (!isKept) this.remove();
    if (error instanceof ApiRefusal) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new CtlError(
      isKept ? `${reason}. The same command goes on where this one was cut` : `Cannot write ${this.#path}: ${reason}`,
    );
  }

  get #file(): string {
    return `${this.#path}.part`;
  }

  get #tagFile(): string {
    return `${this.#path}.part.tag`;
  }

  get #tag(): string | undefined {
    try {
      return readFileSync(this.#tagFile, "utf8");
    } catch {
      return undefined;
    }
  }
}

import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Response } from "express";
import type { Execution } from "../wire/api.ts";
import type { StreamName } from "../wire/stream-name.ts";
import type { Viewer } from "../wire/viewer.ts";
import { isClientGone } from "./client-gone.ts";
import { HttpError } from "./http-error.ts";
import type { Archive } from "./ports.ts";
import { type AskedRange, cut, outputTag } from "./raw-range.ts";
import type { UserPlaces } from "./user-places.ts";
import { type ZippedFile, zipped } from "./zip.ts";

/** The request. */
interface Download {
  readonly viewer: Viewer;
  readonly execution: Execution;
  /** Only for raw bytes. */
  readonly stream: StreamName | undefined;
  /** Printed bytes, stored lines, or a zip of the printed bytes with the execution's details. */
  readonly form: "raw" | "cri" | "zip";
  readonly isGzip: boolean;
  readonly range: AskedRange | undefined;
}

/** Stored lines read at a time. */
const STEP_BYTES = 131_072;
const MAX_LINES = 100_000;

/** Streams the output of executions as fast as the client reads. */
export class RawDownloads {
  readonly #archive: Archive;
  readonly #places: UserPlaces;

  constructor(archive: Archive, places: UserPlaces) {
    this.#archive = archive;
    this.#places = places;
  }

  async send(response: Response, download: Download): Promise<void> {
    const { viewer, execution, stream, form, isGzip, range } = download;
    this.#places.check(viewer.uid);
    const { bytes: total } = execution;
    const isWhole = stream === undefined && form === "raw" && !isGzip;
    const tag = isWhole ? outputTag(execution) : undefined;
    const isPart = range !== undefined && tag !== undefined && (range.ifRange ?? tag) === tag;
    if (isPart && range.from >= total) {
      response.set("Content-Range", `bytes */${total}`);
      throw new HttpError({ status: 416, code: "bad_request", message: `The output has ${total} bytes` });
    }
    const headers = {
      "Content-Type": isGzip ? "application/gzip" : form === "zip" ? "application/zip" : "application/octet-stream",
      "Content-Disposition": `attachment; filename="${fileName(download)}"`,
      ...(tag === undefined ? {} : { "Accept-Ranges": "bytes", ETag: tag }),
      ...(isPart ? partHeaders(range.from, total) : {}),
    };
    const answer = (): Response => response.status(isPart ? 206 : 200).set(headers);
    if (response.req.method === "HEAD") {
      answer().end();
      return;
    }
    const leave = this.#places.take(viewer.uid);
    try {
      const pieces = this.#piecesOf(download);
      const bytes = Readable.from(isPart ? cut(pieces, range.from, total) : pieces, { objectMode: false });
      // If nothing can be read at all, the answer is an error; a zip has its first header by then, and breaks off.
      await once(bytes, "readable");
      await (isGzip ? pipeline(bytes, createGzip(), answer()) : pipeline(bytes, answer()));
    } catch (error) {
      if (!isClientGone(error)) throw error;
    } finally {
      leave();
    }
  }

  #piecesOf(download: Download): AsyncIterable<Buffer> {
    if (download.form === "zip") return zipped(this.#files(download));
    return download.form === "cri" ? this.#cri(download) : this.#raw(download);
  }

  /** The output, and the execution as the API shows it. */
  async *#files(download: Download): AsyncGenerator<ZippedFile> {
    const { execution } = download;
    const changed = new Date(execution.endedAt ?? execution.startedAt);
    yield { name: fileName({ ...download, form: "raw" }), changed, bytes: this.#raw(download) };
    const about = Buffer.from(`${JSON.stringify(execution, null, 2)}\n`);
    yield { name: `${execution.x}.json`, changed, bytes: Readable.from([about]) };
  }

  #raw({ viewer, execution: { x, node, owner }, stream }: Download): AsyncIterable<Buffer> {
    return this.#archive.raw(viewer, { x, node, owner, ...(stream === undefined ? {} : { stream }) });
  }

  /** The lines as they are stored. */
  async *#cri({ viewer, execution: { x, node, owner } }: Download): AsyncGenerator<Buffer> {
    const name = { x, node, owner };
    for (let from = 1; ; ) {
      const chunks = await this.#archive.read(viewer, { ...name, from, maxLines: MAX_LINES, maxBytes: STEP_BYTES });
      const last = chunks.at(-1);
      // The end, unless the execution was deleted or is no longer shared.
      if (last === undefined && (await this.#archive.get(viewer, name)) === undefined)
        throw new Error("The execution is not there any more");
      if (last === undefined) return;
      for (const { cri } of chunks) yield cri;
      from = last.firstN + last.count;
    }
  }
}

function partHeaders(from: number, total: number): Readonly<Record<string, string>> {
  return { "Content-Range": `bytes ${from}-${total - 1}/${total}`, "Content-Length": String(total - from) };
}

function fileName({ execution: { x, node }, stream, form, isGzip }: Download): string {
  const ending = { raw: "txt", cri: "log", zip: "zip" }[form];
  const name = [x, node.replace(/[^\w.-]/g, "_"), stream ?? "output", ending].join(".");
  return isGzip ? `${name}.gz` : name;
}

import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import type { Execution, StreamName } from "../wire/api.ts";
import type { Viewer } from "../wire/viewer.ts";
import { HttpError } from "./http-error.ts";
import type { Archive } from "./ports.ts";

/** Streams the output of executions as fast as the client reads; each user may run a limited number at a time. */
export class RawDownloads {
  readonly #archive: Archive;
  readonly #maxPerUser: number;
  readonly #running = new Map<number, number>();

  constructor(archive: Archive, maxPerUser: number) {
    this.#archive = archive;
    this.#maxPerUser = maxPerUser;
  }

  async send(response: Response, options: { viewer: Viewer; execution: Execution; stream: StreamName | undefined }) {
    const { viewer, execution, stream } = options;
    const running = this.#running.get(viewer.uid) ?? 0;
    if (running >= this.#maxPerUser) {
      const message = `Cannot start a download: ${running} are running, limit is ${this.#maxPerUser}`;
      throw new HttpError({ status: 429, code: "too_many", message, retryAfterSeconds: 1 });
    }
    const { x, node, owner } = execution;
    const headers = {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename="${fileName(execution, stream)}"`,
    };
    if (response.req.method === "HEAD") {
      response.set(headers).end();
      return;
    }
    this.#running.set(viewer.uid, running + 1);
    try {
      const pieces = this.#archive.raw(viewer, { x, node, owner, ...(stream === undefined ? {} : { stream }) });
      const bytes = Readable.from(pieces, { objectMode: false });
      // If nothing can be read at all, the answer is an error.
      await once(bytes, "readable");
      await pipeline(bytes, response.set(headers));
    } catch (error) {
      // The client has gone: there is no one left to answer.
      if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
    } finally {
      const others = (this.#running.get(viewer.uid) ?? 1) - 1;
      if (others > 0) this.#running.set(viewer.uid, others);
      else this.#running.delete(viewer.uid);
    }
  }
}

function fileName({ x, node }: Execution, stream: StreamName | undefined): string {
  return `${[x, node.replace(/[^\w.-]/g, "_"), stream ?? "output"].join(".")}.txt`;
}

import { asRecord } from "../../wire/record.ts";
import type { BlobName } from "./cached-blob.ts";

/** mlagent, while it is connected. */
interface Fetcher {
  send(line: string): void;
}

/** mlagent is not connected: the run waits. */
const NOBODY = "files";

/** Requests of mlagent-root, which has no network, for blobs from mlagent. */
export class Wants {
  #fetcher: Fetcher | undefined;
  readonly #asked = new Map<string, ((why: string) => void)[]>();

  connect(fetcher: Fetcher | undefined): void {
    this.#fetcher = fetcher;
    for (const all of this.#asked.values()) for (const answer of all) answer(NOBODY);
    this.#asked.clear();
  }

  /** Resolves with "" once the blob is in the cache, otherwise with the reason. The limit of open runs bounds the requests. */
  want({ owner, sha256, bytes }: BlobName & { readonly bytes: number }): Promise<string> {
    const fetcher = this.#fetcher;
    if (fetcher === undefined) return Promise.resolve(NOBODY);
    return new Promise((resolve) => {
      const key = `${owner}\0${sha256}`;
      const waiting = this.#asked.get(key);
      this.#asked.set(key, [...(waiting ?? []), resolve]);
      if (waiting === undefined) fetcher.send(JSON.stringify({ t: "want", owner, sha256, bytes }));
    });
  }

  /** A line `{"t":"blob","owner":…,"sha256":…,"why":""}` of mlagent. */
  answered(line: unknown): void {
    const { owner, sha256, why } = asRecord(line) ?? {};
    const key = `${String(owner)}\0${String(sha256)}`;
    const all = this.#asked.get(key) ?? [];
    this.#asked.delete(key);
    for (const answer of all) answer(typeof why === "string" && /^(?:[a-z][a-z0-9-]{0,39})?$/.test(why) ? why : NOBODY);
  }
}

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { BLOB_CHUNK_BYTES, type BlobView, parseBlobView } from "../../wire/fleet/blob.ts";
import type { OrderedFile } from "../../wire/fleet/order.ts";
import { CtlError, type Io } from "../command.ts";
import { formatBytes } from "../remote/byte-text.ts";
import { ApiRefusal, type Collector } from "../remote/collector.ts";
import type { LocalFile } from "./local-files.ts";

const ATTEMPTS = 5;
const TRY_AGAIN_AFTER_MS = 1_000;
const CONFLICT = 409;

/**
 * Sends the bytes of files that the collector lacks; resumes interrupted files. Resolves with the files for an order.
 *
 * @param isDry sends nothing: nodes say by names and lengths whether they would
 */
export async function sendFiles(
  files: readonly LocalFile[],
  { collector, io, isDry }: { readonly collector: Collector; readonly io: Io; readonly isDry: boolean },
): Promise<readonly OrderedFile[]> {
  const named: OrderedFile[] = [];
  for (const { source, target } of files) {
    const file = await open(source).catch((error: unknown) => {
      throw new CtlError(`Cannot read ${source}: ${error instanceof Error ? error.message : error}`);
    });
    try {
      const { sha256, bytes } = await digestOf(file);
      if (!isDry)
        await sendOne(collector, { file, sha256, bytes, show: progress(io, { name: basename(source), bytes }) });
      const { path, mode, overwrite, unpack } = target;
      named.push({ path, sha256, bytes, mode, overwrite, unpack });
    } finally {
      await file.close();
    }
  }
  return named;
}

async function digestOf(file: FileHandle): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream("", {
    fd: file.fd,
    autoClose: false,
    start: 0,
  }) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

interface Sending {
  readonly file: FileHandle;
  readonly sha256: string;
  readonly bytes: number;
  readonly show: (received: number) => void;
}

async function sendOne(collector: Collector, sending: Sending): Promise<void> {
  const { sha256, bytes, show } = sending;
  for (let attempt = 1; ; attempt += 1) {
    try {
      let view = await known(collector, sha256, bytes);
      while (!view.isWhole) {
        view = await sendPiece(collector, { ...sending, offset: view.received });
        show(view.received);
        attempt = 1;
      }
      show(bytes);
      return;
    } catch (error) {
      // Interrupted, or another mlctl sends the same file: the stored length says where to continue.
      const mayGoOn = error instanceof ApiRefusal ? error.status === CONFLICT : error instanceof CtlError;
      if (!mayGoOn || attempt === ATTEMPTS) throw error;
      await pause(TRY_AGAIN_AFTER_MS);
    }
  }
}

async function known(collector: Collector, sha256: string, bytes: number): Promise<BlobView> {
  try {
    return await collector.json({ path: `/blobs/${sha256}` }, parseBlobView);
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
    return { sha256, bytes, received: 0, isWhole: false };
  }
}

async function sendPiece(
  collector: Collector,
  { file, sha256, bytes, offset }: Sending & { offset: number },
): Promise<BlobView> {
  const piece = Buffer.alloc(Math.min(BLOB_CHUNK_BYTES, bytes - offset));
  const { bytesRead } = await file.read(piece, 0, piece.length, offset);
  if (bytesRead < piece.length) throw new CtlError("The file has become shorter while it was sent: try again");
  const query = { bytes, offset };
  return collector.json({ method: "PUT", path: `/blobs/${sha256}`, query, bytes: piece }, parseBlobView);
}

/** One line on a terminal, rewritten. */
function progress({ stderr }: Io, { name, bytes }: { name: string; bytes: number }): (received: number) => void {
  if (stderr.isTTY !== true) return () => undefined;
  return (received) => {
    const end = received === bytes ? "\n" : "";
    stderr.write(`\rmlctl: ${name}: ${formatBytes(received)} of ${formatBytes(bytes)}\u001b[K${end}`);
  };
}

import { BLOB_CHUNK_BYTES, type BlobView, parseBlobView } from "../../../src/wire/fleet/blob.ts";
import type { OrderedFile } from "../../../src/wire/fleet/order.ts";
import { type Answer, type JsonClient, queryOf } from "../api/json-client.ts";
import { run as t } from "../texts/en/run.ts";

/** A file that the user has chosen, and how much of it the collector has. */
export interface ChosenFile {
  readonly file: File;
  /** Bytes at the collector; undefined: sending has not begun. */
  readonly sent: number | undefined;
}

/** A file as an order names it. */
interface NamedFile {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A browser does not know whether a file is a program: with this mode `./tool` works, and data takes no harm. */
const FILE_MODE = 0o755;

/** A file as an order puts it into a folder; an empty folder means the home. */
export function orderedFile(
  { name, sha256, bytes }: NamedFile,
  { folder, overwrite }: { readonly folder: string; readonly overwrite: boolean },
): OrderedFile {
  const path = `${folder.replace(/\/+$/, "") || "~"}/${name}`;
  return { path, sha256, bytes, mode: FILE_MODE, overwrite, unpack: "" };
}

/** The browser hashes a file in memory. */
const MAX_WEB_FILE_BYTES = 1_073_741_824;
/** Other bytes are expected, or another tab sends the same file: ask how much is there. */
const CONFLICT = 409;
const MAX_CONFLICTS = 5;

/**
 * Sends a file in pieces, except those that the collector already has, even from an interrupted transfer. Resolves with
 * a text if it failed.
 *
 * @param onSent Called with the bytes that the collector has.
 */
export async function sendFile(
  api: JsonClient,
  file: File,
  onSent: (bytes: number) => void,
): Promise<NamedFile | string> {
  const named = await nameFile(file);
  if (typeof named === "string") return named;
  const { sha256 } = named;
  let conflicts = 0;
  let view = await known(api, sha256);
  while (typeof view !== "string" && !view.isWhole) {
    onSent(view.received);
    const answer = await sendPiece(api, file, { sha256, offset: view.received });
    if (answer.ok) view = answer.value;
    else if (answer.status === CONFLICT && conflicts < MAX_CONFLICTS) {
      conflicts += 1;
      view = await known(api, sha256);
    } else view = answer.message;
  }
  if (typeof view === "string") return view;
  onSent(file.size);
  return named;
}

/** A file as an order names it, without sending it. Resolves with a text if that failed. */
export async function nameFile(file: File): Promise<NamedFile | string> {
  if (file.size > MAX_WEB_FILE_BYTES) return t.tooLarge(file.name);
  const sha256 = await hashOf(file);
  return sha256 === undefined ? t.unreadable(file.name) : { name: file.name, sha256, bytes: file.size };
}

async function known(api: JsonClient, sha256: string): Promise<BlobView | string> {
  const answer = await api.ask(`api/blobs/${sha256}`, { parse: parseBlobView });
  if (answer.ok) return answer.value;
  return answer.status === 404 ? { sha256, bytes: 0, received: 0, isWhole: false } : answer.message;
}

function sendPiece(
  api: JsonClient,
  file: File,
  { sha256, offset }: { readonly sha256: string; readonly offset: number },
): Promise<Answer<BlobView>> {
  const bytes = file.slice(offset, offset + BLOB_CHUNK_BYTES);
  return api.ask(`api/blobs/${sha256}${queryOf({ bytes: file.size, offset })}`, { parse: parseBlobView, bytes });
}

/**
 * Undefined if the file has changed or gone since it was picked, or the page has no TLS, which browsers need for
 * hashing.
 */
async function hashOf(file: File): Promise<string | undefined> {
  try {
    return hexOf(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  } catch {
    return undefined;
  }
}

function hexOf(digest: ArrayBuffer): string {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

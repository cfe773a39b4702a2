import { asCount, asRecord } from "../record.ts";
import { isMatch } from "./checks.ts";

/** A file that a user has sent, or is sending, to the collector for nodes: `GET`, `PUT /api/blobs/:sha256`. */
export interface BlobView {
  /** Digest of its bytes, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Bytes stored so far; continue from there. */
  readonly received: number;
  /** All bytes are stored and have this digest. */
  readonly isWhole: boolean;
}

export const isSha256 = isMatch(/^[0-9a-f]{64}$/);

/** Bytes per request. A proxy takes 1 MiB unless configured otherwise (nginx, client_max_body_size). */
export const BLOB_CHUNK_BYTES = 1_048_576;

export function parseBlobView(value: unknown): BlobView | undefined {
  const { sha256, bytes, received, isWhole } = asRecord(value) ?? {};
  const [all, have] = [asCount(bytes), asCount(received)];
  if (!isSha256(sha256) || all === undefined || have === undefined) return undefined;
  return { sha256, bytes: all, received: have, isWhole: isWhole === true };
}

import { type Request, Router } from "express";
import type { Audit } from "../host/audit.ts";
import { BLOB_CHUNK_BYTES, type BlobView, isSha256 } from "../wire/fleet/blob.ts";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import { badRequest, HttpError, notFound } from "./http-error.ts";
import type { Blobs } from "./ports.ts";
import { Query } from "./query.ts";
import type { ViewerOf } from "./viewers.ts";

interface BlobsApiOptions {
  readonly blobs: Blobs;
  readonly viewerOf: ViewerOf;
  readonly audit: Audit;
}

const MISSING = -1;

/** Answers to bytes that are refused. */
const REFUSALS = {
  offset: { status: 409, message: "Other bytes are expected: ask how many are stored (GET), and continue from there" },
  busy: { status: 409, message: "The same file is being sent by another request" },
  digest: { status: 422, message: "The bytes do not have this digest: send the file again" },
  long: { status: 422, message: "The file has more bytes than were announced" },
  quota: { status: 413, message: "You have too many files here: they go a day after their last use" },
  disk: { status: 507, message: "The collector's disk has no room for the file" },
} as const;

/**
 * `GET`, `PUT /api/blobs/:sha256`: users' files for nodes, sent in pieces, each from where the last one ended. Orders name them by
 * digest; each user has files of their own.
 */
export function createBlobsApi({ blobs, viewerOf, audit }: BlobsApiOptions): Router {
  const router = Router();

  router.get("/blobs/:sha256", async (request, response) => {
    const { user } = await viewerOf(request, "run");
    const view = await blobs.view(user, digestIn(request));
    if (view === undefined) throw notFound("file");
    response.json(view);
  });

  router.put("/blobs/:sha256", async (request, response) => {
    const { user } = await viewerOf(request, "run");
    const sha256 = digestIn(request);
    const query = new Query(request.query);
    const bytes = query.count("bytes", { least: 0, most: FLEET_LIMITS.maxFileBytes, fallback: MISSING });
    const offset = query.count("offset", { least: 0, most: FLEET_LIMITS.maxFileBytes, fallback: MISSING });
    if (bytes === MISSING || offset === MISSING)
      throw badRequest("bytes, offset: expected the length of the file, and where these bytes begin");
    if (Number(request.headers["content-length"] ?? Number.NaN) <= BLOB_CHUNK_BYTES) {
      const { is, view } = await blobs.append({ owner: user, sha256, bytes, offset, data: request });
      const isOver = view.isWhole || is === "digest" || is === "quota" || is === "disk" || is === "long";
      if (isOver) record(request, { user, view, is });
      if (is !== "stored") throw new HttpError({ ...REFUSALS[is], code: is });
      response.status(view.isWhole ? 201 : 200).json(view);
      return;
    }
    const message = `Expected Content-Length of at most ${BLOB_CHUNK_BYTES}: send the file in pieces`;
    throw new HttpError({ status: 413, code: "too_large", message });
  });

  function record(request: Request, { user, view, is }: { user: string; view: BlobView; is: string }): void {
    const { sha256, bytes } = view;
    const outcome = is === "stored" ? ({ outcome: "ok" } as const) : ({ outcome: "refused", reason: is } as const);
    audit.record({ event: "upload", ...outcome, user, owner: user, address: request.ip, sha256, bytes });
  }

  return router;
}

function digestIn(request: Request): string {
  const { sha256 } = request.params;
  if (!isSha256(sha256)) throw badRequest("Expected the file's SHA-256 in the address, hexadecimal");
  return sha256;
}

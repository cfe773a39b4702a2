import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { addressAudience, localProof } from "../../host/local-proof.ts";
import { challengeOf, type LocalAnswer, parseChallengeFile, parseLocalChallenge } from "../../wire/local-login.ts";
import { parseJson } from "../../wire/record.ts";
import { ApiRefusal, type Collector, textOf } from "../remote/collector.ts";

const MAX_FILE_BYTES = 64;

/**
 * Shows a collector on this machine that this user runs mlctl. Undefined if it is elsewhere, or gives nothing to read: then
 * a password does. What leaves is no file's content but a proof for the address that this connection goes to.
 */
export async function localAnswer(collector: Collector, user: string): Promise<LocalAnswer | undefined> {
  try {
    const answer = await collector.send({ method: "POST", path: "/login/local", body: { user } });
    const { remoteAddress, remotePort } = answer.socket;
    const made = parseLocalChallenge(parseJson(await textOf(answer)));
    const secret = made === undefined ? undefined : readSecret(made.path);
    const challenge = made === undefined ? undefined : challengeOf(made.path);
    if (secret === undefined || challenge === undefined) return undefined;
    const { protocol, origin } = new URL(collector.url);
    const audience = protocol === "https:" ? origin : addressAudience(remoteAddress, remotePort);
    return { challenge, proof: localProof(secret, audience) };
  } catch (error) {
    // An older collector, or one elsewhere. Where nobody answers, a password would be typed for nothing.
    if (error instanceof ApiRefusal) return undefined;
    throw error;
  }
}

/** Only a plain file that can hold nothing but a challenge. */
function readSecret(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
    const length = fstatSync(fd).isFile() ? readSync(fd, bytes) : 0;
    return length > MAX_FILE_BYTES ? undefined : parseChallengeFile(bytes.toString("latin1", 0, length));
  } finally {
    closeSync(fd);
  }
}

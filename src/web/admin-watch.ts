import type { Log } from "../host/log.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { Held } from "./held-sockets.ts";
import type { CodeOwner } from "./login-codes.ts";

const LOOK_EVERY_MS = 60_000;

/** Ends an administrator's open connection when they lose that right: a new one shows less. */
export type EndWithAdmin = (owner: CodeOwner, held: Held) => void;

export function createEndWithAdmin(options: {
  readonly toViewer: (owner: CodeOwner) => Promise<Viewer>;
  readonly log: Log;
}): EndWithAdmin {
  const { toViewer, log } = options;
  return (owner, held) => {
    const look = async (): Promise<void> => {
      const { admin } = await toViewer(owner);
      if (!admin) held.endSession();
    };
    const failed = (error: unknown) => log.event("error", "cannot look up administrators", { error: String(error) });
    const timer = setInterval(() => void look().catch(failed), LOOK_EVERY_MS);
    void held.closed.then(() => clearInterval(timer));
  };
}

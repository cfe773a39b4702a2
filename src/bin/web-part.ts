import type { AuthClient } from "../auth/auth-client.ts";
import type { LocalLogins } from "../auth/local-logins.ts";
import type { Config } from "../host/config.ts";
import type { Endpoint } from "../host/config-fields.ts";
import type { Part } from "../host/lifecycle.ts";
import { endpointText, listening, reachableHost } from "../host/listen-error.ts";
import type { Log } from "../host/log.ts";
import type { UserDirectory } from "../host/users.ts";
import type { Web } from "../web/web-options.ts";

const LOGIN_CODE_EXPIRES_AFTER_MS = 600_000;

interface WebPartOptions {
  readonly web: Web;
  readonly auth: AuthClient;
  readonly localLogins: LocalLogins;
  readonly directory: UserDirectory;
  readonly config: Config;
  readonly log: Log;
  /** Prints for the person who started the collector by hand: the address with the login code. */
  readonly say: (line: string) => void;
  /** The user who started it. */
  readonly uid: number;
}

/** The browsers' port. Closes WebSockets, sessions and the connection to the password checker. */
export function webPart({ web, auth, localLogins, directory, config, log, say, uid }: WebPartOptions): Part {
  return {
    name: "web",
    start: async () => {
      const at = await listening(web.start(), { key: "web", at: config.web });
      const origin = config.behindProxy ?? originOf(at, config.webTls !== undefined);
      log.event("info", "listening for browsers", { origin, at: endpointText(at) });
      if (!config.loginCode) return;
      const user = await directory.byUid(uid);
      if (user === undefined || user === "unavailable") {
        log.event("error", "no login code: this uid has no user, or the user directory does not answer", { uid });
        return;
      }
      const code = web.createLoginCode({ user: user.name, uid }, LOGIN_CODE_EXPIRES_AFTER_MS);
      say(`${origin}/#code=${code}`);
    },
    reload: () => web.reload(),
    stop: async () => {
      await web.stop();
      auth.close();
      localLogins.close();
    },
  };
}

function originOf(at: Endpoint, isSecure: boolean): string {
  if ("path" in at) return endpointText(at);
  return `${isSecure ? "https" : "http"}://${reachableHost(at.host)}:${at.port}`;
}

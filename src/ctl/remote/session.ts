import { safeText } from "../../host/safe-text.ts";
import type { Io } from "../command.ts";
import { AccountFile } from "./account.ts";
import { Collector } from "./collector.ts";

/** What commands that ask a collector need besides their arguments. */
export interface RemoteSettings {
  /** The user's folder of settings for this program. */
  readonly configFolder: string;
  /** Names the site's collector. */
  readonly siteFile: string;
  /** This machine, in the name of a token. */
  readonly hostname: string;
  readonly nowMs: () => number;
}

/** The collector that the user has signed in to, as that user. Throws a CtlError if there is none. */
export function signedIn({ configFolder }: RemoteSettings): Collector {
  return new Collector(new AccountFile(configFolder).read());
}

/** A note for the person, not for a program that reads stdout. What others wrote in it cannot drive the terminal. */
export function note(io: Io, text: string): void {
  io.stderr.write(`mlctl: ${safeText(text)}\n`);
}

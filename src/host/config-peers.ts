import { asRecord } from "../wire/record.ts";
import { FIELDS } from "./config-fields.ts";
import type { Settings } from "./config-settings.ts";

/** A collector that this one is joined with. */
export interface PeerConfig {
  /** Its viewer's address, with https. */
  readonly url: string;
  /** File with the token that the peer has issued. */
  readonly tokenFile: string;
  /** PEM of the only authority to trust; undefined: those of the system. */
  readonly caFile: string | undefined;
}

/** Each peer is asked for its services when somebody asks for ours. */
const MAX_PEERS = 16;
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Reads the `[peers.NAME]` tables: `url`, `token`, `ca`. */
export function takePeers(settings: Settings): ReadonlyMap<string, PeerConfig> {
  const peers = new Map<string, PeerConfig>();
  for (const { name, value, where } of settings.table("peers")) {
    if (!NAME.test(name)) settings.complain(`${where}: expected a name of a-z, 0-9 and -, at most 32`);
    const { url: asked, token, ca, ...others } = asRecord(value) ?? {};
    for (const key of Object.keys(others))
      settings.complain(`${where}.${key}: unknown key: expected url, token and ca`);
    const url = settings.check(`${where}.url`, asked ?? "", FIELDS.siteUrl);
    if (url?.startsWith("http:") === true)
      settings.complain(`${where}.url: expected https: the token would cross the network unencrypted`);
    // Its value is not shown: it may be the token itself.
    const isPath = typeof token === "string" && /^\/[^\0]+$/.test(token);
    if (!isPath) settings.complain(`${where}.token: expected the path of a file with the token, from / on`);
    const caFile = ca === undefined ? undefined : settings.check(`${where}.ca`, ca, FIELDS.path);
    if (url !== undefined && isPath) peers.set(name, { url, tokenFile: token, caFile });
  }
  if (peers.size > MAX_PEERS) settings.complain(`peers: expected at most ${MAX_PEERS}, got ${peers.size}`);
  return peers;
}

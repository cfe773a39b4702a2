import { readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { RUN_LIMITS } from "../limits.ts";
import { waitingNotifications } from "../notify/notify-files.ts";
import { waitingRawFiles } from "../spool/raw-files.ts";
import { spooledFiles } from "../spool/spool-files.ts";
import { openSpoolFolder, type SpoolPlaces } from "../spool/spool-folder.ts";
import { type Finding, ok, wrong } from "./finding.ts";

const WHAT = "spool";
const MIB = 1_048_576;

/** Shows what no relay has taken yet, and whether there is room for more. */
export function checkSpool(places: SpoolPlaces): readonly Finding[] {
  const folder = openSpoolFolder(places);
  if (folder === undefined) {
    const asked = places.chosen ?? places.home;
    const mend = `make it a folder that you own and nobody else can write to: mkdir -p ${asked}; chmod 700 ${asked}`;
    return [wrong(WHAT, `${asked} cannot be used: without a relay, output would not be kept`, mend)];
  }
  const names = readdirSync(folder);
  const usedBytes = names.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
  const waiting =
    spooledFiles(folder).waiting.length + waitingRawFiles(folder).length + waitingNotifications(folder).length;
  const damaged = names.filter((name) => name.endsWith("damaged")).length;
  const { bavail, bsize } = statfsSync(folder);
  const room = Math.min(RUN_LIMITS.spoolBytes - usedBytes, bavail * bsize);
  const findings: Finding[] = [];
  if (waiting > 0) findings.push(wrong(WHAT, `${waiting} wait in ${folder}`, "mlrun --flush delivers them"));
  if (damaged > 0) {
    const found = `${damaged} in ${folder} cannot be delivered: *damaged`;
    findings.push(wrong(WHAT, found, "check whether you need what they hold, then remove them"));
  }
  if (room < RUN_LIMITS.spoolBytes / 8) {
    const found = `${folder} has room for ${Math.max(0, Math.floor(room / MIB))} MiB: without a relay, output would soon be dropped`;
    findings.push(wrong(WHAT, found, "make room on its disk, or deliver what waits there with mlrun --flush"));
  }
  return findings.length > 0 ? findings : [ok(WHAT, `${folder} is empty and has room`)];
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

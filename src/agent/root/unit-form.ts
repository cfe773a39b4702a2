import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../host/log.ts";
import type { FileAction } from "../files/stager.ts";
import { sharedPath } from "../folders/shared-path.ts";
import type { RunName } from "../journal/journal.ts";
import { entryOf } from "./entry.ts";
import type { Entry, Form, Outcome, Serving, Start } from "./starter.ts";

/** Timeout of a call to systemd, which is repeated later. */
const ANSWER_WITHIN_MS = 10_000;
/** Random bytes in a staging unit's name: a run stages several files, and each may be tried again. */
const UNIT_NAME_BYTES = 4;
/** Time for mlrun's processes to hand over the last output after everything else was killed; then systemd kills them. */
const HAND_OVER_SECONDS = 30;

/** Node takes 60 MB; a provider's own program may be as large. */
const LOOK_PROPERTIES = [
  "NoNewPrivileges=yes",
  "CapabilityBoundingSet=",
  "ProtectSystem=strict",
  // ProtectSystem leaves these writable, like all of /dev.
  "InaccessiblePaths=-/dev/shm -/dev/mqueue",
  "ProtectHome=read-only",
  "MemoryMax=512M",
  "TasksMax=64",
];

interface UnitFormOptions {
  readonly supervise: string;
  readonly mlrun: string;
  /** Links to runs' folders by names without any character that a unit would expand. */
  readonly linkFolder: string;
  readonly log: Log;
}

/**
 * Under systemd: a transient unit for each run, with its own control group, limits of PAM, and nothing of this service's
 * sandbox. Neither words nor environment stand in it: anybody may read units, and systemd expands `$` and `%`.
 */
export class UnitForm implements Form {
  readonly limitsMemory = true;
  readonly #options: UnitFormOptions;

  constructor(options: UnitFormOptions) {
    this.#options = options;
    mkdirSync(options.linkFolder, { recursive: true, mode: 0o700 });
  }

  /** Outside of this service's sandbox, in which there are no homes. */
  command(
    action: FileAction,
    { user, uid, run }: { readonly user: string; readonly uid: number; readonly run: string },
  ): string[] {
    const how = ["--quiet", "--collect", "--pipe", "--wait", "--slice=marcologger-runs.slice", `--uid=${uid}`];
    const unit = `--unit=mlput-${uid}-${run}-${randomBytes(UNIT_NAME_BYTES).toString("hex")}`;
    return ["systemd-run", ...how, unit, "-p", "UMask=0022", "--", this.#options.supervise, action, String(uid), user];
  }

  /** Runs in a sandbox of its own: the program can read what its user may, and change nothing. */
  look({ user, uid, seconds }: { readonly user: string; readonly uid: number; readonly seconds: number }): string[] {
    const how = ["--quiet", "--collect", "--pipe", "--wait", "--slice=marcologger-runs.slice", `--uid=${uid}`];
    const unit = `--unit=mllook-${randomBytes(UNIT_NAME_BYTES).toString("hex")}`;
    const box = LOOK_PROPERTIES.flatMap((property) => ["-p", property]);
    return [
      "systemd-run",
      ...how,
      unit,
      ...box,
      "--",
      this.#options.supervise,
      "look",
      String(uid),
      user,
      String(seconds),
    ];
  }

  start(start: Start, onEnd: (outcome: Outcome) => void): void {
    const unit = unitOf(start);
    const link = this.#link(unit, start.folder);
    this.#begin(unit, this.#words(start, { unit, link }), onEnd);
  }

  /** Its supervisor becomes the user itself, as without systemd; the unit ends what it leaves behind. */
  serve({ folder, name, user, uid, seconds, sequence }: Serving, onEnd: (outcome: Outcome) => void): void {
    const unit = `mlcall-${uid}-${name.run}.service`;
    const link = this.#link(unit, folder);
    const properties = [`RuntimeMaxSec=${seconds + HAND_OVER_SECONDS}`, "KillMode=control-group", "OOMPolicy=stop"];
    const how = ["--quiet", "--collect", "--no-block", `--unit=${unit}`, "--slice=marcologger-runs.slice"];
    const command = [this.#options.supervise, "serve", link, String(uid), user, String(seconds), String(sequence)];
    this.#begin(unit, [...how, ...properties.flatMap((property) => ["-p", property]), "--", ...command], onEnd);
  }

  #link(unit: string, folder: string): string {
    const link = join(this.#options.linkFolder, unit);
    rmSync(link, { force: true });
    symlinkSync(folder, link);
    return link;
  }

  #begin(unit: string, words: readonly string[], onEnd: (outcome: Outcome) => void): void {
    execFile("systemd-run", words, { timeout: ANSWER_WITHIN_MS }, (error, _out, said) => {
      if (error === null) return onEnd({ kind: "over" });
      this.#options.log.event("error", "systemd does not start a run", { unit, error: said.trim() || error.message });
      onEnd({ kind: "wait", why: "start" });
    });
  }

  stop(of: { readonly name: RunName; readonly uid: number }): void {
    const unit = unitOf(of);
    execFile("systemctl", ["stop", "--no-block", unit], { timeout: ANSWER_WITHIN_MS }, (error, _out, said) => {
      if (error !== null)
        this.#options.log.event("warning", "systemd does not stop a run", { unit, error: said.trim() });
    });
  }

  /** Runs in a unit because this service's sandbox hides homes. Passes the folder in a file because anybody can read units. */
  enter({ name, uid, folder }: { name: RunName; uid: number; folder: string }): Promise<Entry> {
    const unit = `mlrun-look-${uid}-${name.run}.service`;
    const file = join(this.#options.linkFolder, unit);
    writeFileSync(file, folder, { mode: 0o600 });
    const how = ["--quiet", "--collect", "--wait", `--unit=${unit}`, "-p", `StandardInput=file:${file}`];
    const words = [...how, "--", this.#options.supervise, "enter", String(uid), name.user];
    return new Promise((resolve) => {
      execFile("systemd-run", words, { timeout: ANSWER_WITHIN_MS }, (error) => {
        rmSync(file, { force: true });
        resolve(entryOf(error === null ? 0 : typeof error.code === "number" ? error.code : null));
      });
    });
  }

  #words({ uid, order, sequence }: Start, { unit, link }: { unit: string; link: string }): string[] {
    const { supervise, mlrun } = this.#options;
    const { killAfterSeconds, memoryBytes } = order;
    const isShared = order.files.some(({ path }) => sharedPath(path) !== undefined);
    const properties = [
      "Type=simple",
      "PAMName=marcologger-run",
      "WorkingDirectory=/",
      "UMask=0022",
      `StandardInput=file:${link}/fields`,
      "StandardOutput=null",
      "StandardError=journal",
      `ExecStartPre=+${supervise} claim ${link} ${sequence} ${unit}`,
      ...(isShared ? [`ExecStartPre=+${supervise} publish-shared ${link}`] : []),
      `ExecStop=+${supervise} stop ${killAfterSeconds} ${mlrun}`,
      `ExecStopPost=+${supervise} ended ${link}`,
      "KillMode=control-group",
      `TimeoutStopSec=${killAfterSeconds + HAND_OVER_SECONDS}`,
      "OOMPolicy=stop",
      ...(memoryBytes === 0 ? [] : [`MemoryMax=${memoryBytes}`]),
    ];
    const how = [
      "--quiet",
      "--collect",
      "--no-block",
      `--unit=${unit}`,
      "--slice=marcologger-runs.slice",
      `--uid=${uid}`,
    ];
    const command = order.files.length > 0 ? [supervise, "publish", mlrun] : [mlrun, "--order-fd", "0"];
    return [...how, ...properties.flatMap((property) => ["-p", property]), "--", ...command];
  }
}

function unitOf({ name, uid }: { readonly name: RunName; readonly uid: number }): string {
  return `mlrun-${uid}-${name.run}.service`;
}

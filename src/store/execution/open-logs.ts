import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { type ReadFile, readFileAt } from "../disk/quick-reads.ts";
import { type LogText, logText } from "../sealed/log-text.ts";
import type { MemberTable } from "../sealed/member-table.ts";
import { filterPathOf } from "../sealed/sealed-files.ts";
import type { NumberedLog } from "./numbered-log.ts";

/** A log's open file; for a sealed one also its members, and the open file of its filters, if any. */
export interface OpenLog {
  readonly fd: number;
  readonly text: LogText;
  readonly sealed?: { readonly members: MemberTable; readonly filterFd: number | undefined } | undefined;
}

/** Where a log is. */
export type LogFile = Pick<NumberedLog, "path" | "members">;

interface OpenLogsOptions {
  readonly withFilters: boolean;
  /** How logs that are not sealed are read. */
  readonly readFile?: ReadFile;
}

/** The open files of an execution's logs. They stay readable when a merge or a seal replaces them. */
export class OpenLogs {
  readonly #open = new Map<LogFile, OpenLog>();
  readonly #fds: number[] = [];
  readonly #withFilters: boolean;
  readonly #readFile: ReadFile;

  constructor({ withFilters, readFile = readFileAt }: OpenLogsOptions) {
    this.#withFilters = withFilters;
    this.#readFile = readFile;
  }

  /** Opens the log at the first call. Throws the file system's error. */
  open(log: LogFile): OpenLog {
    const known = this.#open.get(log);
    if (known !== undefined) return known;
    const fd = this.#openFile(log.path);
    const { members } = log;
    const sealed = members === undefined ? undefined : { members, filterFd: this.#tryOpen(filterPathOf(log.path)) };
    const open = {
      fd,
      text: logText({ fd, members, readFile: this.#readFile }),
      ...(sealed === undefined ? {} : { sealed }),
    };
    this.#open.set(log, open);
    return open;
  }

  /** When the files were last written. */
  get writtenAtMs(): number {
    return Math.max(0, ...[...this.#open.values()].map(({ fd }) => fstatSync(fd).mtimeMs));
  }

  close(): void {
    for (const fd of this.#fds.splice(0)) closeSync(fd);
    this.#open.clear();
  }

  /** A failure is ignored: without filters a search takes longer but finds the same. */
  #tryOpen(path: string): number | undefined {
    if (!this.#withFilters) return undefined;
    try {
      return this.#openFile(path);
    } catch {
      return undefined;
    }
  }

  #openFile(path: string): number {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    this.#fds.push(fd);
    return fd;
  }
}

import type { StreamLooks } from "../../wire/stream-looks.ts";

/** The looks before every 1,000th line are kept: reading from there to any place takes a millisecond. */
const FIRST_STRIDE = 1_000;
/** Most notes of one execution. Beyond that every second one is dropped, and so on. */
const MAX_NOTES = 1_024;

const PLAIN_LOOKS: StreamLooks = { stdout: "", stderr: "" };

interface Note extends StreamLooks {
  /** A multiple of the stride. */
  readonly n: number;
}

/** The looks of an execution's streams at regular distances; only those that differ from the note before. */
export class LookNotes {
  #stride = FIRST_STRIDE;
  #notes: Note[] = [];
  /** Lines below this number have been read; then the looks are `now`. */
  readTo = 1;
  now: StreamLooks = PLAIN_LOOKS;
  /** The missing numbers when they were read. */
  missing = "";

  /** Its approximate size in memory. */
  get characters(): number {
    return this.#notes.reduce((sum, { stdout, stderr }) => sum + stdout.length + stderr.length, 0);
  }

  /** From line `n` on, the looks are these. Called with ever higher numbers. */
  change(n: number, { stdout, stderr }: StreamLooks): void {
    this.#put({ n: this.#ceil(n), stdout, stderr });
    if (this.#notes.length <= MAX_NOTES) return;
    const notes = this.#notes;
    this.#notes = [];
    this.#stride *= 2;
    for (const note of notes) this.#put({ ...note, n: this.#ceil(note.n) });
  }

  /** The nearest known place at or before line `n`. */
  before(n: number): { readonly n: number; readonly looks: StreamLooks } {
    if (n >= this.readTo) return { n: this.readTo, looks: this.now };
    const at = Math.floor(n / this.#stride) * this.#stride;
    return { n: Math.max(1, at), looks: this.#notes.findLast((note) => note.n <= at) ?? PLAIN_LOOKS };
  }

  /** Lines from number `n` on must be read again. */
  forgetFrom(n: number): void {
    if (n >= this.readTo) return;
    const place = this.before(n);
    this.#notes = this.#notes.filter((note) => note.n <= place.n);
    this.readTo = place.n;
    this.now = place.looks;
  }

  #put(note: Note): void {
    if (this.#notes.at(-1)?.n === note.n) this.#notes.pop();
    const { stdout, stderr } = this.#notes.at(-1) ?? PLAIN_LOOKS;
    if (stdout !== note.stdout || stderr !== note.stderr) this.#notes.push(note);
  }

  #ceil(n: number): number {
    return Math.ceil(n / this.#stride) * this.#stride;
  }
}

import { formatTimestamp } from "../../src/frame/timestamp.ts";
import { openPage, rowsInView, startBrowser } from "../support/viewer.ts";
import type { Cell, Figures } from "./bench.ts";
import { startCollector } from "./bench-site.ts";
import { opening } from "./opening.ts";
import { STARTED_AT_MS, StoredData } from "./stored-data.ts";

const EXECUTIONS = 1_000;
const LINES = 10_000;
const LINE_EVERY_MS = 10;
const MIDDLE_MS = STARTED_AT_MS + (LINES * LINE_EVERY_MS) / 2;

/** A run of many executions that is opened in the middle of its time, from a real collector that has just started. */
export function openedInMiddle(): Cell {
  let dataDir = "";
  return {
    name: "a job of 1,000 executions, 10 million lines",
    metrics: [{ name: "open at its middle", unit: "ms", judge: "value", goal: { atMost: 500 } }],
    async prepare() {
      dataDir = await storeRun();
    },
    ours: () => openInMiddle(dataDir),
  };
}

async function openInMiddle(dataDir: string): Promise<Figures> {
  const { api } = await startCollector({ dataDir });
  const { page } = await openPage(await startBrowser());
  const [name = "", value = ""] = api.cookie.split("=");
  await page.context().addCookies([{ name, value, url: api.origin }]);
  const address = `${api.origin}/?job=train&run=1&top=${formatTimestamp(MIDDLE_MS * 1_000)}`;
  const open = await opening(page, address, ".row");
  const aside = Math.abs(Date.parse((await rowsInView(page))[0]?.time ?? "") - MIDDLE_MS);
  if (!(aside <= 1_000)) throw new Error(`The first row is ${aside} ms beside the middle`);
  return { "open at its middle": open };
}

async function storeRun(): Promise<string> {
  const data = new StoredData({ job: "train", run: "1" });
  const lines = new PacedLines();
  for (let at = 0; at < EXECUTIONS; at += 1) data.add(LINES, lines);
  data.end();
  await data.index();
  return data.dataDir;
}

/** Lines at a steady pace, the same ones for each execution. */
class PacedLines {
  readonly #chunks = new Map<number, Buffer>();

  chunk(firstN: number, count: number): { firstN: number; count: number; fragments: number; cri: Buffer } {
    const cri = this.#chunks.get(firstN) ?? Buffer.from(textOf(firstN, count));
    this.#chunks.set(firstN, cri);
    return { firstN, count, fragments: 0, cri };
  }
}

function textOf(firstN: number, count: number): string {
  return Array.from({ length: count }, (_, at) => {
    const n = firstN + at;
    return `${formatTimestamp((STARTED_AT_MS + n * LINE_EVERY_MS) * 1_000)} stdout F step ${n} loss=0.1234 ${"x".repeat(60)}\n`;
  }).join("");
}

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fakeExecution, STARTED_AT } from "../../support/envelopes.ts";
import { openRelay, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const README = readFileSync(join(ROOT, "src/store/README.md"), "utf8");
const HOUR = STARTED_AT.slice(0, 14);
/** Small logs stay as they are. */
const COUNT = 14_000;
const RED = "\u001b[31mred";

/** The commands of the page's "Recipes", without what they are for. */
const RECIPES = (/## Recipes\n\n```\n(.*?)```/s.exec(README)?.[1] ?? "")
  .trimEnd()
  .split("\n")
  .map((line) => line.split(/ {3,}/)[0] ?? "");

let home: string;
/** A folder with DATA; of two executions the first has ended and is packed, the second runs. */
let folder: string;
let packed: string;
let log: string;
let day: string;

/** A frame printed so many seconds after the hour. */
function at(seconds: number, frame: string): string {
  return frame.replace(/ \d{4}-\d\d-\d\dT[\d:.]+/, ` ${HOUR}00:${String(seconds).padStart(2, "0")}.000000`);
}

beforeAll(async () => {
  [folder, home] = [await tempFolder(), await tempFolder()];
  mkdirSync(join(folder, "DATA"));
  const ownerOf = async () => ({ name: "alice", uid: undefined });
  const site = { dataDir: join(folder, "DATA"), ownerOf };
  const on = await startIngestSite(site);
  const relay = await openRelay(on);
  const [ended, running, third] = ["gpu1", "gpu2", "gpu3"].map((node) => fakeExecution({ job: "train", node }));
  if (ended === undefined || running === undefined || third === undefined) throw new Error("Not made");
  await relay.send(
    ended.begin(),
    ...Array.from({ length: COUNT / 200 }, (_, i) => at(1, ended.lines(i * 200 + 1, Array(200).fill("an epoch")))),
    at(1, ended.lines(COUNT + 1, ["ERROR one"])),
    ended.end(COUNT + 1),
    running.begin(),
    at(2, running.lines(1, ["middle ERROR two"], { stderr: true })),
    at(5, running.lines(2, ["prompt? "], { fragment: true })),
    third.begin(),
    at(3, third.lines(1, [RED])),
    at(4, third.lines(2, ["ERROR three"])),
  );
  const days = join(folder, "DATA/logs/alice");
  day = readdirSync(days).find((name) => /^\d{4}-/.test(name)) ?? "";
  const find = (node: string, ending: string) => {
    const name = readdirSync(join(days, day)).find((each) => each.includes(node) && each.endsWith(ending));
    return name === undefined ? undefined : join(days, day, name);
  };
  log = find("gpu2", ".log") ?? "";
  await on.stop();
  // A start packs what ended long enough ago.
  await startIngestSite({ ...site, sealAfterMs: 0 });
  // The packed one takes the place of the other.
  const isPacked = async () => (find("gpu1", ".log") === undefined ? find("gpu1", ".log.gz") : undefined);
  packed = await poll("the packed log", isPacked);
});

/** A recipe with the places of this test. */
async function outputOf(recipe: string): Promise<string> {
  const meta = log.replace(/\.log$/, ".meta");
  const command = recipe
    .replaceAll("2026-11-20", day)
    .replaceAll("ONE.log.gz", packed)
    .replaceAll("OTHER.log", log)
    .replaceAll("FILE.log", log)
    .replaceAll("FILE.meta", meta)
    .replaceAll("src/store", join(ROOT, "src/store"))
    // Without a terminal.
    .replace(/^lnav (?=DATA)/, "lnav -n -c ':filter-in ERROR' ");
  const env = { ...process.env, HOME: home, TERM: "xterm", LESSCHARSET: "utf-8" };
  const { code, stdout, stderr } = await run("bash", ["-c", `set -o pipefail; ${command}`], { env, cwd: folder });
  // lnav says on stderr what it has installed.
  return `${code === 0 ? "" : `exit code ${code}\n`}${stdout}${stderr}`;
}

const line = (seconds: number, stream: string, tag: string, text: string) =>
  `${HOUR}00:0${seconds}.000000Z ${stream} ${tag} ${text}\n`;
const TWO = line(2, "stderr", "F", "middle ERROR two");
const PROMPT = line(5, "stdout", "P", "prompt? ");
const THREE = line(4, "stdout", "F", "ERROR three");
const EPOCH = line(1, "stdout", "F", "an epoch");
const ESCAPED = PROMPT.replace("?", "\\?");
const MERGED = TWO + line(3, "stdout", "F", RED) + THREE + PROMPT;

/** What each recipe prints, in the page's order. */
const PRINTED: readonly (readonly [start: string, printed: string | RegExp])[] = [
  ["grep -rn ERROR", /^DATA\S+gpu[23]\S+\.log:[12]:2026.*\nDATA\S+gpu[23]\S+\.log:[12]:2026.*\n$/],
  ["rg -zn ERROR", /^(?:DATA\S+:(?:1|2|14001):2026.*ERROR (?:one|two|three)\n){3}$/],
  ["find DATA", /^(?:DATA\S+\.gz:)?14001:2026.* ERROR one\n$/],
  ["sort -m DATA", MERGED],
  ["sort -m <(zcat", new RegExp(`^(?:${EPOCH}){${COUNT}}${line(1, "stdout", "F", "ERROR one")}${TWO}${ESCAPED}$`)],
  ["lnav DATA", TWO + THREE],
  ["lnav -i", /installed/],
  ["cut", "middle ERROR two\nprompt? \n"],
  ["awk", TWO],
  ["cat -v", TWO + PROMPT],
  ["head", /"job": "train"/],
  ["grep -h", ""],
  ["du", ""],
];

describe("the recipes of the store's page", () => {
  test("are these", () => {
    expect(RECIPES.map((recipe, i) => recipe.startsWith(PRINTED[i]?.[0] ?? "?"))).toEqual(PRINTED.map(() => true));
  });

  test.each(PRINTED.map(([start, printed], i) => [start, printed, i] as const))("%s", async (start, printed, i) => {
    const recipe = RECIPES[i] ?? "";
    // Nothing was discarded, and nothing is in quarantine: grep and du have nothing to say.
    if (start === "grep -h" || start === "du") {
      const checked = await run("bash", ["-nc", recipe]);
      expect([checked.code, checked.stderr]).toEqual([0, ""]);
      return;
    }
    const output = await outputOf(recipe);
    if (typeof printed === "string") expect(output).toBe(printed);
    else expect(output).toMatch(printed);
  });

  test("lnav knows the streams with our description of the lines", async () => {
    expect(await outputOf("lnav -i src/store/cri-lnav.json")).toContain("installed");
    const env = { ...process.env, HOME: home, TERM: "xterm" };
    const query = ";SELECT stream, log_level, log_body FROM cri_log";
    const { stdout } = await run("lnav", ["-n", "-c", query, "-c", ":write-csv-to -", log], { env });
    expect(stdout).toBe("stream,log_level,log_body\nstderr,error,middle ERROR two\nstdout,info,prompt? \n");
  });
});

/** As their documentation has them; (?P<name>) is RE2's and Rust's spelling. */
const PARSERS = {
  // https://docs.fluentbit.io/manual/pipeline/parsers, conf/parsers.conf: cri
  "fluent-bit": "^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<tag>[^ ]*) (?<text>.*)$",
  // https://vector.dev, src/sources/kubernetes_logs/parser/cri.rs
  Vector: String.raw`^(?<time>.*) (?<stream>(stdout|stderr)) (?<tag>(P|F)) (?<text>.*)(?<newline>\n?)$`,
  // https://grafana.com/docs/loki/latest/send-data/promtail/stages/cri/
  promtail: String.raw`^(?<time>\S+?) (?<stream>stdout|stderr) (?<tag>\S+?) (?<text>.*)$`,
};

test.each(Object.entries(PARSERS))("the CRI parser of %s reads every stored line", (_, pattern) => {
  const read = readFileSync(log, "utf8")
    .replace(/\n$/, "")
    .split("\n")
    .map((text) => new RegExp(pattern, "s").exec(text)?.groups);
  expect(read).toMatchObject([
    { time: `${HOUR}00:02.000000Z`, stream: "stderr", tag: "F", text: "middle ERROR two" },
    { time: `${HOUR}00:05.000000Z`, stream: "stdout", tag: "P", text: "prompt? " },
  ]);
});

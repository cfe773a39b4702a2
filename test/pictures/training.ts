import { type RunSite, startRunSite } from "../support/run-site.ts";
import { UI_FOLDER } from "../support/viewer.ts";
import type { Picture } from "./picture.ts";

const SECOND = 1_000;
const RANKS = 16;
const EPOCHS = 40;
const EPOCH_MS = 5 * SECOND;
const FAILS = { rank: 11, epoch: 18 };
const HANGS = { rank: 5, epoch: 16 };
/** Every so many epochs a rank says more. */
const CHECK_EVERY = 5;
const CHECK_LINES = 24;
const TRACE = [
  "Traceback (most recent call last):",
  '  File "/home/alice/train.py", line 41, in step',
  "    loss.backward()",
  "torch.cuda.OutOfMemoryError: CUDA out of memory: 80 GB are not enough",
];
/** Runs of a lab's day: job, run, executions, those that fail, seconds. */
const OTHERS = [
  ["preprocess", "208", 4, 0, 214],
  ["evaluate", "51", 8, 0, 61],
  ["nightly-report", "365", 1, 0, 12],
  ["export-model", "17", 2, 1, 33],
  ["preprocess", "209", 4, 0, 221],
  ["evaluate", "52", 8, 0, 58],
] as const;

export const TRAINING_PICTURES: readonly Picture[] = [
  { name: "list", at: "/", size: [1_280, 420], shown: ".last-line.of-first" },
  { name: "board", at: "/?job=train-llm", size: [1_280, 560], shown: ".silent-note" },
  { name: "times", at: "/?job=train-llm&line=0", size: [1_280, 640], shown: ".silent-note" },
  { name: "phone", at: "/?job=train-llm", size: [390, 844], shown: ".silent-note" },
];

/** What alice's collector has: some runs that have ended, and a training of 16 ranks that goes wrong. */
export async function startTraining(): Promise<RunSite> {
  const on = await startRunSite({ uiFolder: UI_FOLDER });
  on.clock.nowMs -= EPOCHS * EPOCH_MS + OTHERS.reduce((sum, [, , , , seconds]) => sum + seconds * SECOND, 0);
  for (const other of OTHERS) await ended(on, other);
  await train(on);
  return on;
}

async function ended(on: RunSite, [job, run, count, failures, seconds]: (typeof OTHERS)[number]): Promise<void> {
  const { site, clock } = on;
  const launch = { job, run, startedMs: clock.nowMs };
  const ranks = await on.begin(
    Array.from({ length: count }, (_, rank) => ({ ...launch, node: `node${rank + 1}`, rank })),
  );
  const lines = Array.from({ length: seconds }, (_, item) => `${job}: item ${item + 1} of ${seconds} done`);
  clock.nowMs += seconds * SECOND;
  await site.store.store(ranks.map((one) => one.lines(site, clock.nowMs, lines)));
  const failing = ranks.slice(count - failures);
  await site.store.store(failing.map((one) => one.lines(site, clock.nowMs, [`${job}: the disk is full`], "stderr")));
  await site.store.store(ranks.map((one) => one.end(site, clock.nowMs, failing.includes(one) ? 1 : 0)));
}

async function train(on: RunSite): Promise<void> {
  const { site, clock } = on;
  const launch = { job: "train-llm", run: "7", startedMs: clock.nowMs };
  const ranks = await on.begin(
    Array.from({ length: RANKS }, (_, rank) => ({ ...launch, node: `node${rank + 1}`, rank })),
  );
  for (let epoch = 1; epoch <= EPOCHS; epoch += 1) {
    clock.nowMs += EPOCH_MS;
    const isOn = (rank: number): boolean =>
      !(rank === HANGS.rank && epoch > HANGS.epoch) && !(rank === FAILS.rank && epoch > FAILS.epoch);
    const says = (rank: number): string[] => {
      const line = `epoch ${epoch} loss=${(2 / (epoch + 3) + rank / 500).toFixed(4)} tokens/s=${18_300 + rank * 37}`;
      const batches = epoch % CHECK_EVERY === 0 ? CHECK_LINES : 0;
      return [...Array.from({ length: batches }, (_, at) => `{"level":"info","step":${at + 1},"gpu":[1,2]}`), line];
    };
    await site.store.store(
      ranks.flatMap((one, rank) => (isOn(rank) ? [one.lines(site, clock.nowMs, says(rank))] : [])),
    );
    if (epoch === FAILS.epoch) {
      const failing = ranks.slice(FAILS.rank, FAILS.rank + 1);
      await site.store.store(
        failing.flatMap((one) => [one.lines(site, clock.nowMs, TRACE, "stderr"), one.end(site, clock.nowMs, 1)]),
      );
    }
    await site.store.store(
      ranks.flatMap((one, rank) => (rank === FAILS.rank && epoch >= FAILS.epoch ? [] : [one.beat(site)])),
    );
  }
}

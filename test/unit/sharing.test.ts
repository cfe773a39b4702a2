import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMetrics } from "../../src/host/metrics.ts";
import type { ShareDirectory } from "../../src/sharing/ports.ts";
import { SharedArchive } from "../../src/sharing/shared-archive.ts";
import { mergedPage } from "../../src/sharing/shared-list.ts";
import { SharedSearch } from "../../src/sharing/shared-search.ts";
import { SHARE_LIMITS, type ShareOutcome, Sharing } from "../../src/sharing/sharing.ts";
import type { Execution } from "../../src/wire/api.ts";
import { comparePlaces, parsePlace, placeOf } from "../../src/wire/execution-place.ts";
import { parseSearchRequest } from "../../src/wire/search-request.ts";
import { afterwards } from "../support/cleanup.ts";
import { FakeArchive } from "../support/fake-archive.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ALICE = { user: "alice", uid: 1001, admin: false };
const BOB = { user: "bob", uid: 1002, admin: false };
const X = "01JDTC8V6CZ7M4V5X9Q2N3K4PW";

interface Machine extends ShareDirectory {
  /** The uid of the executions filed under `alice`. */
  ofAlice: number;
  /** Members of the only group, 2000. */
  readonly members: Set<string>;
}

function machine(): Machine {
  const members = new Set(["bob"]);
  return {
    members,
    ofAlice: ALICE.uid,
    uidOf: async (user) => ({ alice: 1001, bob: 1002 })[user],
    gidOf: async (group) => (group === "team" ? 2_000 : undefined),
    isMember: async ({ user }, { gid }) => gid === 2_000 && members.has(user),
    ownerUid(owner) {
      return owner === "alice" ? this.ofAlice : undefined;
    },
  };
}

async function start(options: { dataDir?: string; wallMs?: () => number } = {}) {
  const { dataDir = await tempFolder(), wallMs = () => 1_000 } = options;
  const own = new FakeArchive();
  own.add({ x: X, owner: "alice", job: "train" }).store(1, 3);
  const directory = machine();
  const log = { event: () => undefined };
  const archive = { ...bound(own), open: async () => undefined, looks: async () => undefined };
  const sharing = new Sharing({ dataDir, archive, directory, log, metrics: createMetrics(), wallMs });
  afterwards(async () => sharing.close());
  return { dataDir, own, directory, sharing, archive: new SharedArchive(archive, sharing.grants) };
}

function bound(own: FakeArchive) {
  return {
    list: own.list.bind(own),
    get: own.get.bind(own),
    read: own.read.bind(own),
    raw: own.raw.bind(own),
    remove: own.remove.bind(own),
    nodes: own.nodes.bind(own),
    runLines: own.runLines.bind(own),
    jobs: own.jobs.bind(own),
    runs: own.runs.bind(own),
    board: own.board.bind(own),
    runTimes: own.runTimes.bind(own),
    userMismatches: async () => [],
  };
}

function idOf(outcome: ShareOutcome): string {
  if (outcome.is !== "shared") throw new Error(`Not shared: ${outcome.is}`);
  return outcome.share.id;
}

const TRAIN = { what: { job: "train" }, until: undefined } as const;

describe("who is meant by a share", () => {
  test("is the user of that name and uid: a later user of the name gets nothing", async () => {
    const { sharing, archive } = await start();
    await sharing.share(ALICE, { ...TRAIN, with: { user: "bob" } });
    expect(await archive.get(BOB, { x: X })).toMatchObject({ owner: "alice" });
    for (const viewer of [
      { user: "bob", uid: 5002, admin: false },
      { user: "bob~5002", uid: 5002, admin: false },
      { user: "robert", uid: 1002, admin: false },
    ])
      expect(await archive.get(viewer, { x: X }), viewer.user).toBeUndefined();
    // The same account, whose name an earlier user had.
    expect(await archive.get({ ...BOB, user: "bob~1002" }, { x: X })).toBeDefined();
  });

  test("on the other side: what a later user of the owner's name runs is not shared", async () => {
    const { sharing, archive, directory } = await start();
    await sharing.share(ALICE, { ...TRAIN, with: { user: "bob" } });
    directory.ofAlice = 5001;
    expect(await archive.get(BOB, { x: X })).toBeUndefined();
    expect((await sharing.list({ ...ALICE, uid: 5001 })).shares).toEqual([]);
  });

  test("is a group for as long as the user is in it; when membership is unknown, nothing is shared", async () => {
    const { sharing, archive, directory } = await start();
    await sharing.share(ALICE, { ...TRAIN, with: { group: "team" } });
    expect(await archive.get(BOB, { x: X, owner: "alice" })).toBeDefined();
    directory.members.clear();
    expect(await archive.get(BOB, { x: X, owner: "alice" })).toBeUndefined();
  });
});

test("shares outlive a restart, and those taken back do not return", async () => {
  const { dataDir, sharing } = await start();
  const kept = idOf(await sharing.share(ALICE, { ...TRAIN, with: { user: "bob" } }));
  const gone = idOf(await sharing.share(ALICE, { what: { x: X }, until: undefined, with: { user: "bob" } }));
  expect(sharing.unshare(ALICE, gone)).toBeDefined();
  const again = await start({ dataDir });
  expect((await again.sharing.list(BOB)).withMe).toMatchObject([{ id: kept, what: { job: "train" } }]);
});

test("one owner shares so many things, and the rest is refused", async () => {
  const { sharing } = await start();
  for (let made = 0; made < SHARE_LIMITS.maxOfOwner; made += 1)
    idOf(await sharing.share(ALICE, { ...TRAIN, with: { user: "bob" } }));
  const more = await sharing.share(ALICE, { ...TRAIN, with: { user: "bob" } });
  expect(more).toEqual({ is: "full", message: "Cannot share: you share 64 things, limit is 64" });
});

test("a download is cut off at the next bytes after its share was taken back, or is over", async () => {
  let nowMs = 1_000;
  const { sharing, archive } = await start({ wallMs: () => nowMs });
  const until = new Date(5_000).toISOString().replace("Z", "000Z");
  const endings = [
    (id: string) => void sharing.unshare(ALICE, id),
    () => {
      nowMs = 5_000;
    },
  ];
  for (const end of endings) {
    const id = idOf(await sharing.share(ALICE, { ...TRAIN, until, with: { user: "bob" } }));
    const pieces = archive.raw(BOB, { x: X, owner: "alice" })[Symbol.asyncIterator]();
    expect((await pieces.next()).value?.toString()).toBe("line 1\n");
    end(id);
    await expect(pieces.next()).rejects.toThrow("not shared any more");
  }
});

test("a search is cut off when a share with its user is taken back, and nobody else's", async () => {
  const { sharing, archive } = await start();
  const id = idOf(await sharing.share(ALICE, { ...TRAIN, with: { user: "bob" } }));
  const signals: AbortSignal[] = [];
  const search = new SharedSearch(
    {
      async *run(viewer, _request, signal) {
        signals.push(signal);
        await archive.list(viewer, { limit: 1 });
        yield Buffer.from("a hit");
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
    sharing.grants,
  );
  const request = parseSearchRequest({ what: { all: true }, pattern: "a" });
  if ("problem" in request) throw new Error(request.problem);
  const never = new AbortController().signal;
  const [bobs, alices] = [search.run(BOB, request, never), search.run(ALICE, request, never)];
  await Promise.all([bobs.next(), alices.next()]);
  sharing.unshare(ALICE, id);
  await expect(bobs.next()).rejects.toThrow("not shared any more");
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
});

test("merged pages list everything once, in order, however the parts are cut", () => {
  const name = fc.constantFrom("a", "b", "c");
  const places = fc.uniqueArray(fc.record({ startedAt: name, x: name, node: name, owner: name }), {
    selector: (place) => placeOf(place),
  });
  const lists = fc.array(places, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 4 }), fc.array(fc.boolean()), (parts, limit, stops) => {
      const owned = parts.map((part, i) => part.map((place) => ({ ...place, node: `${place.node}${i}` }) as Execution));
      const listed: string[] = [];
      let at = 0;
      for (let before: string | null | undefined; before !== null; ) {
        const after = before === undefined ? undefined : parsePlace(before);
        const pages = owned.map((part) => {
          const rest = part
            .toSorted(comparePlaces)
            .filter((each) => after === undefined || comparePlaces(each, after) > 0);
          at += 1;
          // A page of a search may end before its limit, with a place to go on.
          const length = stops[at % Math.max(1, stops.length)] === true ? 1 : limit;
          const executions = rest.slice(0, length);
          const last = executions.at(-1);
          return { executions, next: last === undefined || rest.length <= length ? null : placeOf(last) };
        });
        const page = mergedPage(pages, limit);
        expect(page.executions.length).toBeLessThanOrEqual(limit);
        listed.push(...page.executions.map(placeOf));
        before = page.next;
      }
      expect(listed).toEqual(owned.flat().toSorted(comparePlaces).map(placeOf));
    }),
  );
});

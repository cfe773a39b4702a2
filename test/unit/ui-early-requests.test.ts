import { expect, test } from "vitest";
import { EarlyRequests } from "../../ui/src/api/early-requests.ts";

/** A collector whose answers are numbered, and wait where the test says so. */
function setUp(status: (path: string) => number = () => 200) {
  const asked: { readonly path: string; readonly signal: AbortSignal | null | undefined }[] = [];
  let nowMs = 0;
  const early = new EarlyRequests({
    fetch: async (path, init) => {
      asked.push({ path: String(path), signal: init?.signal });
      const answers = status(String(path));
      if (answers === 0) throw new TypeError("Failed to fetch");
      return new Response(`answer ${asked.length}`, { status: answers });
    },
    nowMs: () => nowMs,
  });
  const ask = async (path: string) => (await early.fetch(path)).text();
  return {
    early,
    asked,
    ask,
    elapse: (ms: number) => {
      nowMs += ms;
    },
  };
}

test("an answer to what was sent early is used once", async () => {
  const { early, asked, ask } = setUp();
  void early.send("api/a");
  expect([await ask("api/a"), await ask("api/b"), await ask("api/a")]).toEqual(["answer 1", "answer 2", "answer 3"]);
  expect(asked.map(({ path }) => path)).toEqual(["api/a", "api/b", "api/a"]);
});

test.each([
  ["somebody has signed in since", 401],
  ["the collector was not reached", 0],
])("it is asked for anew where %s", async (_, first) => {
  let asked = 0;
  const { early, ask } = setUp(() => {
    asked += 1;
    return asked === 1 ? first : 200;
  });
  void early.send("api/a");
  expect(await ask("api/a")).toBe("answer 2");
});

test("it is asked for anew where it is old", async () => {
  const { early, ask, elapse } = setUp();
  void early.send("api/a");
  elapse(60_000);
  expect(await ask("api/a")).toBe("answer 2");
});

test("a refused request is not repeated", async () => {
  const { early, asked } = setUp(() => 404);
  void early.send("api/a");
  expect((await early.fetch("api/a")).status).toBe(404);
  expect(asked).toHaveLength(1);
});

test("who gives it up ends the request that was sent early", async () => {
  const { early, asked } = setUp();
  void early.send("api/a");
  const gone = new AbortController();
  const answer = early.fetch("api/a", { signal: gone.signal });
  gone.abort();
  await answer;
  expect(asked[0]?.signal?.aborted).toBe(true);
});

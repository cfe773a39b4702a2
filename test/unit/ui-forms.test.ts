import { describe, expect, test } from "vitest";
import type { Pruned } from "../../ui/src/actions/actions-client.ts";
import { leftWords } from "../../ui/src/actions/prune-words.ts";
import { JsonClient } from "../../ui/src/api/json-client.ts";
import { sendFile } from "../../ui/src/run/send-files.ts";

describe("a deletion", () => {
  const END: Pruned = { t: "end", executions: 3, bytes: 10, held: 1, busy: 0, failed: 0 };

  test.each<[string, Pruned | undefined, RegExp | undefined]>([
    ["that left only what is kept is done", END, undefined],
    ["that was cut off is not", undefined, /cut off.*delete again/],
    ["that the disk refused is not", { ...END, failed: 2 }, /^Deleted 3 executions;.* disk refused 2/],
    ["of what somebody reads is not", { ...END, executions: 1, busy: 1 }, /^Deleted 1 execution; 1 is being read/],
  ])("%s", (_, answer, words) => {
    expect(leftWords(answer)).toEqual(words === undefined ? undefined : expect.stringMatching(words));
  });
});

test("a file that has changed since it was picked cannot be read, and says so", async () => {
  const file = new File(["data"], "input.csv");
  file.arrayBuffer = () => Promise.reject(new DOMException("The file could not be read", "NotReadableError"));
  const fetch = () => Promise.reject(new Error("not asked"));
  const api = new JsonClient({ fetch, onSignedOut: () => undefined });
  expect(await sendFile(api, file, () => undefined)).toBe(
    "input.csv cannot be read: pick it again, or use mlctl run --put",
  );
});

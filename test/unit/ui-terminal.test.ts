import { expect, test } from "vitest";
import type { LogLine } from "../../ui/src/api-parse.ts";
import { buildItems } from "../../ui/src/log/feed/log-items.ts";
import { LogWindow } from "../../ui/src/log/feed/log-window.ts";
import { loadTerminal, onTerminalWanted } from "../../ui/src/log/feed/terminal.ts";
import { rowText } from "../../ui/src/log/view/row-segments.ts";

function shownIn(texts: readonly string[]): string[] {
  const window = new LogWindow("n");
  window.addSource(1);
  const lines = texts.map((text, at): LogLine => {
    return { n: at + 1, time: "2026-11-20T04:17:44.960662Z", stderr: false, text, fragment: false };
  });
  window.extendEnd(0, lines);
  return buildItems({ window, sources: 1, accepts: () => true }).map((item) => {
    return item.kind === "hole" ? "hole" : rowText(item);
  });
}

test("only a line that goes back wants the terminal; until it is loaded, lines stand as they are", async () => {
  let wanted = 0;
  const end = onTerminalWanted(() => {
    wanted += 1;
  });
  const moves = ["a 1", "\x1b[1Aa 2"];
  expect(shownIn(["plain", "\x1b[31mred\x1b[0m", "ends with CR\r"])).toEqual(["plain", "red", "ends with CR"]);
  expect(wanted).toBe(0);
  expect(shownIn(moves)).toHaveLength(2);
  shownIn(["10%\r20%"]);
  expect(wanted).toBe(1);
  // A page that is opened later.
  onTerminalWanted(() => {
    wanted += 1;
  })();
  expect(wanted).toBe(2);
  end();
  await loadTerminal();
  expect(shownIn(moves)).toEqual(["a 2"]);
});

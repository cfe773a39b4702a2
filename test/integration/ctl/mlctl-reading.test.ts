import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { HitFollower } from "../../../src/ctl/reading/followed-hits.ts";
import { AccountFile } from "../../../src/ctl/remote/account.ts";
import { Collector, linesOf } from "../../../src/ctl/remote/collector.ts";
import { parseSearchEvent } from "../../../src/wire/search-event.ts";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { DRIVES, HOSTILE, plain, startReadingSite } from "../../support/reading-site.ts";
import type { RelpClient } from "../../support/relp-client.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";
import type { SearchSite } from "../../support/search-site.ts";

let site: SearchSite;
let relay: RelpClient;
let mlctl: RemoteMlctl;
let train: FakeExecution;
let other: FakeExecution;

beforeAll(async () => {
  ({ site, relay, mlctl, train, other } = await startReadingSite());
});

test("mlctl --help has each command in a group", async () => {
  const { code, stdout } = await mlctl.run(["--help"]);
  expect([code, stdout.split("\n")[2]]).toEqual([0, "Signing in:"]);
  expect(stdout).toMatch(/^Fleet:\n {2}run /m);
});

describe("mlctl ls", () => {
  test("prints tabs for a program, a table for a person, and objects", async () => {
    const piped = await mlctl.run(["ls"]);
    const fields = piped.stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(fields.map(([x, state, node, job]) => [x, state, node, job])).toEqual([
      [other.x, "finished", "gpu2", "other"],
      [train.x, "failed", "gpu1", "train"],
    ]);
    expect(fields[1]?.slice(6)).toEqual(["7", "/bin/train.sh a b"]);
    const { output } = await mlctl.onTerminal(["ls", "--problems"]);
    const [titles = "", first = ""] = output.split("\n");
    expect(plain(titles)).toMatch(/ID +STATE +NODE +RANK +JOB .*COMMAND/);
    expect(first).toContain("  \u001b[31mfailed");
    // The beginning of an id is enough, and leaves room for the command.
    expect(plain(first)).toMatch(/^01JDTC8V6CZ7\w*…? +failed 3 +gpu1 +3 +train .* \/bin\/trai…/);
    expect(plain(first).length).toBeLessThanOrEqual(100);
    const json = await mlctl.run(["ls", "--json", "--label", "rank=3"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ x: train.x, labels: { rank: "3" }, code: 3 });
  });

  test.each([
    [["--job", "train"], ["4PW"]],
    [["--node", "gpu2"], ["4PX"]],
    [["--state", "failed"], ["4PW"]],
    [["--label", "rank=4"], []],
    [["--label", "rank=3"], ["4PW"]],
    [["--label", `rank=${"3".repeat(300)}`], []],
    [["--label", "ank=3"], []],
    [["--limit", "1"], ["4PX"]],
    [["--since", "-1h"], []],
    [["--since", "1h"], []],
    [["--problems", "--limit", "1"], ["4PW"]],
    [["--problems"], ["4PW", "4PX"]],
  ])("%j narrows it", async (options, endings) => {
    const { stdout, code } = await mlctl.here(["ls", ...options]);
    expect(code).toBe(0);
    const ids = stdout.split("\n").filter((line) => line !== "");
    expect(ids.map((line) => line.slice(23, 26))).toEqual(endings);
  });

  test.each([
    [["--state", "ended"], /--state: expected running, finished, failed, lost, got "ended"/],
    [["--label", "rank"], /--label: expected KEY=VALUE/],
    [["--since", "soon"], /--since: "soon" is no time: expected 2h, 14:05/],
    [["x"], /expected no operand/],
  ])("refuses %j", async (options, message) => {
    expect(await mlctl.here(["ls", ...options])).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });
});

describe("an id", () => {
  test.each(["show", "tail", "fold", "wait", "open", "keep", "rm", "grep x"])(
    "that is empty is none: %s",
    async (words) => {
      const { code, stderr } = await mlctl.here([...words.split(" "), ""]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining('expected the name of an execution or a job, got ""'),
      });
    },
  );

  test("that is none, but a job: says so", async () => {
    const { code, stderr } = await mlctl.here(["show", "train"]);
    expect(code).toBe(1);
    expect(stderr).toContain('but a job of this name: `mlctl ls --job "train"` lists its executions');
  });

  test("may be the beginning of one, in any case; - is the newest", async () => {
    const shown = await mlctl.run(["show", "01jdtc8v6cz7m4v5x9q2n3k4pw"]);
    expect(shown.stdout).toMatch(
      /^id: +01JDTC8V6CZ7M4V5X9Q2N3K4PW\ncommand: +\/bin\/train\.sh 'a b'\nstate: +failed, exit code 3\n/,
    );
    expect(shown.stdout).toMatch(/\nlabels: +rank=3\n/);
    expect(shown.stdout).toMatch(/\nwarning: +run by trainer on gpu1, whose uid is/);
    const newest = await mlctl.run(["show", "-", "--json"]);
    expect(JSON.parse(newest.stdout)).toMatchObject({ x: other.x });
    const cut = await mlctl.run(["show", `${train.x}…`, "--json"]);
    expect(JSON.parse(cut.stdout)).toMatchObject({ x: train.x });
    const several = await mlctl.run(["show", "01JDTC8V6CZ7M4V5X9Q2N3K4P"]);
    expect(several).toMatchObject({ code: 1, stderr: expect.stringContaining("the beginning of several ids") });
    // Bob's is as one that does not exist.
    for (const x of ["01JDTC8V6CZ7M4V5X9Q2N3K4PY", "01JDTC8V6CZ7M4V5X9Q2N3K4PZ"])
      expect(await mlctl.run(["show", x])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("There is no execution"),
      });
  });
});

describe("mlctl grep", () => {
  test("-q says by its exit code alone whether something was found; -n is how it prints anyway", async () => {
    expect(await mlctl.here(["grep", "-q", "error"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await mlctl.here(["grep", "-q", "--json", "nowhere"])).toEqual({ code: 1, stdout: "", stderr: "" });
    expect(await mlctl.here(["grep", "-n", "two", train.x])).toMatchObject({ code: 0, stdout: "2:two error\n" });
  });

  const one = () => train.x;

  test.each([
    [["error"], 0, "gpu1:4PW#2:two error\ngpu1:4PW#3:a long error here\n"],
    [["-i", "ERROR", "other"], 0, "gpu2:4PX#1:another Error\n"],
    [["error", "4PW"], 0, "2:two error\n3:a long error here\n"],
    [["-c", "error", "4PW"], 0, "2\n"],
    [["-l", "."], 0, "gpu2:4PX\ngpu1:4PW\n"],
    [["-m", "1", "error"], 0, "gpu1:4PW#2:two error\n"],
    [["-F", ".", "4PW"], 1, ""],
    [["-w", "er", "4PW"], 1, ""],
    [["-v", "[a-z]", "4PW"], 1, ""],
    [["-B1", "long", "4PW"], 0, "2-two error\n3:a long error here\n"],
    [["--and", "a", "--not", "two", "error", "4PW"], 0, "3:a long error here\n"],
    [["--level", "error", "", "4PW"], 1, ""],
    [["--stream", "stderr", ".", "4PW"], 0, "6:on stderr\n"],
    [["--node", "gpu[2-3]", "caf.$"], 0, "gpu2:4PX#2:\u00e9t\u00e9 caf\u00e9\n"],
    [["--since", "-1h", "."], 1, ""],
    [["nothing", "no-such-job"], 1, ""],
  ])("%j", async (words, code, expected) => {
    const args = words.map((word) => (word === "4PW" ? one() : word));
    const result = await mlctl.here(["grep", ...args]);
    const short = (text: string) => text.replaceAll(/01\w{21}(4P[WX])/g, "$1");
    expect({ ...result, stdout: short(result.stdout) }).toMatchObject({ code, stdout: expected, stderr: "" });
  });

  test("-f goes on with lines that come later, late ones and pieces too, until the execution has ended", async () => {
    const live = fakeExecution({ node: "gpu3", job: "followed" });
    await relay.send(live.begin(), live.lines(1, ["error one"]), live.lines(3, ["a long er"], { fragment: true }));
    const both = [mlctl.start(["grep", "-f", "error", live.x]), mlctl.start(["grep", "-f", "error", "followed"])];
    for (const grep of both) await grep.waitFor(/error one\n/);
    await relay.send(live.lines(4, ["ror", "nothing", "error six"]));
    for (const grep of both) await grep.waitFor(/6:error six\n/);
    await relay.send(live.lines(2, ["late error"]));
    for (const grep of both) await grep.waitFor(/2:late error\n/);
    await relay.send(live.lines(7, ["last error"]), live.end(7));
    const lines = ["1:error one", "3:a long error", "6:error six", "2:late error", "7:last error", ""];
    const names = ["", `gpu3:${live.x}#`];
    for (const [i, grep] of both.entries()) {
      expect(await grep.ended).toMatchObject({ code: 0 });
      expect(grep.output()).toBe(lines.map((line) => (line === "" ? "" : `${names[i]}${line}`)).join("\n"));
    }
    const enough = await mlctl.run(["grep", "-f", "-m", "2", "error", live.x]);
    expect(enough).toMatchObject({ code: 0, stdout: "1:error one\n2:late error\n" });
    for (const wrong of [["-C1", "error", live.x], ["-c", "error", live.x], ["error"]])
      expect((await mlctl.here(["grep", "-f", ...wrong])).code).toBe(2);
  });

  test("-f finds what comes into a hole far behind the last line, once, and ends at -m hits that were there", async () => {
    const live = fakeExecution({ node: "gpu3", job: "holes" });
    const others = Array.from({ length: 400 }, () => "nothing");
    await relay.send(live.begin(), live.lines(1, ["error one"]), live.lines(2, ["half an er"], { fragment: true }));
    await relay.send(live.lines(5, others), live.lines(405, ["error 405"]));
    const grep = mlctl.start(["grep", "-f", "error", live.x]);
    const first = mlctl.start(["grep", "-f", "-m", "2", "error", live.x]);
    await grep.waitFor(/405:error 405\n/);
    await first.waitFor(/405:error 405\n/);
    await relay.send(live.lines(4, ["late error"]));
    await grep.waitFor(/4:late error\n/);
    await relay.send(live.lines(3, ["ror"]), live.lines(406, ["error 406"]), live.end(406));
    expect(await grep.ended).toMatchObject({ code: 0 });
    const lines = ["1:error one", "405:error 405", "4:late error", "2:half an error", "406:error 406", ""];
    expect(grep.output()).toBe(lines.join("\n"));
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(first.output()).toBe("1:error one\n405:error 405\n");
  });

  test("-f prints what the first search has found in an execution that began before it once", async () => {
    const collector = new Collector(new AccountFile(join(mlctl.folder, "marcologger")).read());
    const printed: number[] = [];
    const print = async ({ n }: { readonly n: number }): Promise<void> => void printed.push(n);
    const what = { job: "between" };
    const request = { pattern: "error" };
    const follower = await HitFollower.begin({ collector, what, request, print, maxHits: 100 });
    const live = fakeExecution({ node: "gpu3", job: "between" });
    await relay.send(live.begin(), live.lines(1, ["error one", "error two"]));
    const answer = await collector.send({ method: "POST", path: "/search", body: { ...request, what } });
    for await (const line of linesOf(answer)) {
      const event = parseSearchEvent(JSON.parse(line));
      if (event?.t === "hit") follower.know(event);
    }
    const ended = follower.untilEnded(2);
    await relay.send(live.lines(3, ["error three"]));
    await poll("the third line", () => printed.includes(3));
    await relay.send(live.lines(4, ["error four"]), live.end(4));
    expect([await ended, printed]).toEqual([4, [3, 4]]);
  });

  test("exits with 2 where it fails", async () => {
    const expression = await mlctl.run(["grep", "(a"]);
    expect(expression).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("unclosed group") });
    expect((await mlctl.here(["grep", "-C", "21", "a"])).code).toBe(2);
    const nobody = await RemoteMlctl.create();
    expect((await nobody.here(["grep", "a"])).code).toBe(2);
  });

  test("colours matches on a terminal; what a program printed drives it in no form but --raw", async () => {
    const { output } = await mlctl.onTerminal(["grep", "error", train.x]);
    expect(output).toContain("two \u001b[1;31merror\u001b[0m");
    const shown = await mlctl.onTerminal(["grep", "red", train.x]);
    expect(shown.output).toContain("\u001b[1;31mred\u001b[0m");
    expect(plain(shown.output)).not.toMatch(DRIVES);
    const none = await mlctl.run(["grep", "nothing", train.x]);
    expect(none).toMatchObject({ code: 1, stdout: "", stderr: "" });
    const piped = await mlctl.run(["grep", "end", train.x]);
    expect(piped.stdout).toBe("5:red \\u0007\\u202eend\n");
    const raw = await mlctl.run(["grep", "--raw", "end", train.x]);
    expect(raw.stdout).toBe(`5:${HOSTILE}\n`);
    const json = await mlctl.run(["grep", "--json", "end", train.x]);
    expect(JSON.parse(json.stdout.split("\n")[0] ?? "")).toMatchObject({ t: "hit", n: 5, text: HOSTILE });
  });
});

describe("mlctl get", () => {
  const PRINTED = `one\ntwo error\na long error here\n${HOSTILE}\non stderr\nprompt? `;

  test("gets every byte, to a file or a pipe; never to a terminal by accident", async () => {
    expect((await mlctl.run(["get", train.x])).bytes.toString()).toBe(PRINTED);
    expect((await mlctl.run(["get", "--stream", "stderr", train.x])).stdout).toBe("on stderr\n");
    expect(await mlctl.run(["get", "-o", "out.txt", train.x])).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(join(mlctl.folder, "out.txt"), "utf8")).toBe(PRINTED);
    const { code, output } = await mlctl.onTerminal(["get", train.x]);
    expect(code).toBe(2);
    expect(output).toContain("expected -o FILE");
  });

  test("gets the executions of a job into a folder, as printed, as stored lines, and compressed", async () => {
    expect(await mlctl.here(["get", "-o", "all", "train"])).toMatchObject({
      code: 0,
      stderr: "mlctl: 1 files in all\n",
    });
    expect(readFileSync(join(mlctl.folder, "all", `gpu1.${train.x}.txt`), "utf8")).toBe(PRINTED);
    expect((await mlctl.here(["get", "-z", "--cri", "-o", "all", "train"])).code).toBe(0);
    const stored = gunzipSync(readFileSync(join(mlctl.folder, "all", `gpu1.${train.x}.log.gz`))).toString();
    expect(stored).toMatch(/^2026\S+Z stdout F one\n/);
    expect(readdirSync(join(mlctl.folder, "all"))).toHaveLength(2);
    expect(await mlctl.here(["get", "train"])).toMatchObject({ code: 2, stderr: expect.stringContaining("-o DIR") });
  });

  test("goes on where a download was cut, and begins anew where its part is of another state", async () => {
    const path = join(mlctl.folder, "cut.txt");
    const asked = await fetch(`${site.web.origin}/api/executions/${train.x}/raw`, {
      headers: { authorization: `Bearer ${JSON.parse(readFileSync(mlctl.loginFile, "utf8")).token}` },
    });
    const wrong = "x".repeat(10);
    // What goes on keeps what is there, so that one sees it.
    for (const [tag, begins] of [
      [asked.headers.get("etag") ?? "", wrong],
      ['"another"', PRINTED.slice(0, 10)],
    ] as const) {
      writeFileSync(`${path}.part`, wrong);
      writeFileSync(`${path}.part.tag`, tag);
      expect((await mlctl.here(["get", "-o", path, train.x])).code).toBe(0);
      expect(readFileSync(path, "utf8")).toBe(begins + PRINTED.slice(10));
      expect(existsSync(`${path}.part.tag`)).toBe(false);
    }
  });
});

describe("mlctl ls -w", () => {
  test("draws the table anew when something changes, and piped prints a row a change", async () => {
    const watched = fakeExecution({ job: "watched", node: "gpu7" });
    await relay.send(watched.begin());
    const drawn = mlctl.startOnTerminal(["ls", "-w", "--job", "watched"]);
    const piped = mlctl.start(["ls", "-w", "--job", "watched"]);
    await Promise.all([drawn.waitFor(/running/), piped.waitFor(/running/)]);
    await relay.send(watched.end(0, { code: 5 }));
    await Promise.all([drawn.waitFor(/failed/), piped.waitFor(/failed/)]);
    // Over the title and the row before it.
    expect(drawn.output()).toContain("\u001b[2A\r\u001b[J");
    const states = piped
      .output()
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t").slice(0, 2));
    expect(states).toEqual([
      [watched.x, "running"],
      [watched.x, "failed"],
    ]);
    await Promise.all([drawn.end("SIGINT"), piped.end("SIGINT")]);
  });
});

describe("a pager", () => {
  /** Says on the terminal how many lines it was given. */
  const COUNTS = "wc -l | sed 's/^ */lines: /'";

  test("gets long output on a terminal only; leaving it ends the command well", async () => {
    const paged = await RemoteMlctl.create({ XDG_CONFIG_HOME: mlctl.folder, PAGER: COUNTS });
    expect((await paged.onTerminal(["show", train.x])).output).toMatch(/^lines: 1\d\n$/);
    expect((await paged.run(["show", train.x])).stdout).toMatch(/^id: /);
    const left = await RemoteMlctl.create({ XDG_CONFIG_HOME: mlctl.folder, PAGER: "head -n 1" });
    const { code, output } = await left.onTerminal(["tail", "-n", "1000", train.x]);
    expect([code, output]).toEqual([0, "one\n"]);
    const following = await paged.onTerminal(["tail", "-f", "-n1", train.x]);
    expect(following.output).toBe("prompt? \n");
  });
});

test("help and completion know every command and option", async () => {
  const overview = (await mlctl.run(["--help"])).stdout;
  const bash = (await mlctl.run(["completion", "bash"])).stdout;
  for (const name of ["login", "logout", "ls", "show", "tail", "grep", "get"]) {
    expect(overview).toMatch(new RegExp(`^  ${name} `, "m"));
    const help = (await mlctl.run([name, "--help"])).stdout;
    const options = [...help.matchAll(/^ {2}(?:-\w,| {3}) (--[\w-]+)/gm)].map(([, option]) => option ?? "");
    expect(await completed(bash, ["mlctl", name, "--"])).toEqual(expect.arrayContaining(options));
  }
  expect(await completed(bash, ["mlctl", "lo"])).toEqual(["login", "logout"]);
  expect(await completed(bash, ["mlctl", "ls", "--state", "f"])).toEqual(["finished", "failed"]);
  for (const shell of ["zsh", "fish"]) expect((await mlctl.run(["completion", shell])).stdout).toContain("max-count");
  expect(await mlctl.run(["completion", "csh"])).toMatchObject({ code: 2 });
});

/** What bash offers for the last of these words. */
async function completed(script: string, words: readonly string[]): Promise<string[]> {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mlctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run("bash", ["-c", `${script}\n${ask}`, "bash", ...words]);
  return stdout.split("\n").filter((word) => word !== "");
}

import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { poll } from "../../support/poll.ts";
import { run, start } from "../../support/processes.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { TwinSite, testTwins } from "../../support/twin.ts";

const NUMBERS = /^1\n2\n[\s\S]*\n20000\n3\n$/;

/** A row with other content in the file of Node's program, for this mlrun and what it starts. */
const instead = (name: string, ...lines: string[]) => ({
  name,
  needsRoot: true,
  script: `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")} >n; chmod +x n
    unshare --mount bash -c 'mount --bind n "$NODE"; "$@" sh -c "seq 20000; echo err >&2; exit 3"; echo "$?"' bash "$@"; rm n`,
  shows: NUMBERS,
  warns: /^mlrun: /,
});

describe("a Node that does not work: what the command prints is shown, and its code comes back", () => {
  testTwins(
    [
      instead("it is no program", "neither a program nor a script"),
      instead("it ends at once", "#!/bin/sh", "exit 1"),
      instead("it aborts", "#!/bin/sh", "kill -ABRT $$"),
      instead("it takes nothing", "#!/bin/sh", "exec sleep 100"),
      instead("it reads a little and ends", "#!/bin/sh", "head -c 1000 <&3 >/dev/null"),
      {
        name: "it is not there",
        needsRoot: true,
        script: `mkdir d; cp "$(command -v sh)" d; unshare --mount bash -c 'mount --bind d "\${NODE%/*}"; "$@" sh -c "echo out; exit 3"; echo "$?"' bash "$@"; rm -r d`,
        shows: /^out\n3\n$/,
        warns: /^mlrun: /,
      },
    ],
    [],
    { needsNode: true },
  );
});

describe("a Node that fails in the middle: shown all the same, and logged or named", () => {
  let site: TwinSite;
  beforeAll(async () => {
    site = await TwinSite.start([]);
  });

  const SCRIPT = `seq 1000; touch half; until [ -e go ]; do sleep 0.02; done; seq 1001 60000; echo err >&2; exit 3`;

  test.for([
    ["killed as soon as it is there", "SIGKILL", false],
    ["aborted in the middle", "SIGABRT", true],
    ["killed in the middle", "SIGKILL", true],
    ["stopped in the middle", "SIGSTOP", true],
    ["asked to end in the middle", "SIGTERM", true],
  ] as const)("%s", async ([, signal, inTheMiddle]) => {
    const folder = await tempFolder();
    const job = site.newJob();
    const [file, ...words] = site.words(job);
    const env = site.environment(folder);
    const running = start(file, [...words, "sh", "-c", SCRIPT], { env, cwd: folder, detached: true });
    if (inTheMiddle) await poll("the first half", async () => (await readdir(folder)).includes("half"));
    const node = await poll("Node", () => nodeBelow(running.pid));
    process.kill(node, signal);
    afterwards(() => endIfThere(node));
    await writeFile(join(folder, "go"), "");
    expect(await running.ended).toEqual({ code: 3, signal: null });
    expect(running.stdout().toString()).toBe((await run("seq", ["60000"])).stdout);
    const said = running.stderr().toString();
    expect(said.replaceAll(/^mlrun: .*\n/gm, "")).toBe("err\n");
    if (said !== "err\n") return;
    const [seen] = await site.executions(job, 1);
    expect(seen?.stdout.equals(running.stdout())).toBe(true);
  });
});

/** The pid of the Node that reads for an mlrun: below a process that mlrun started. */
async function nodeBelow(pid: number): Promise<number | undefined> {
  for (const child of await childrenOf(pid)) {
    for (const grandchild of await childrenOf(child)) {
      const exe = await readlink(`/proc/${grandchild}/exe`).catch(() => "");
      if (exe === process.execPath) return grandchild;
    }
  }
  return undefined;
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // As it should be.
  }
}

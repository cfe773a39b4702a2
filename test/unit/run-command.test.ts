import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { WatchedFolder } from "../../src/ctl/fleet/watched-folder.ts";
import { AccountFile } from "../../src/ctl/remote/account.ts";
import { type Order, parseOrder } from "../../src/wire/fleet/order.ts";
import { afterwards } from "../support/cleanup.ts";
import { FLEET, FleetKey } from "../support/fleet-keys.ts";
import { poll } from "../support/poll.ts";
import { RemoteMlctl } from "../support/remote-mlctl.ts";

const NODES = [{ node: "node1", state: "present", architecture: "x86_64", labels: ["role=render"] }];
/** A refusal by the API itself. */
const REFUSED = { status: 409, body: JSON.stringify({ error: { code: "conflict", message: "Another\u001b[2J run" } }) };

let mlctl: RemoteMlctl;
/** What comes instead of the collector's answer to a request. */
let instead: (path: string, run: string) => { readonly status: number; readonly body: string } | undefined;
/** Orders that the collector has taken. */
let taken: string[];
let nodes: readonly object[];
let onOrder: (order: Order) => void;

beforeEach(async () => {
  [instead, taken, nodes] = [() => undefined, [], NODES];
  onOrder = () => undefined;
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => answer(response, request.url ?? "", body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(() => void server.close());
  mlctl = await RemoteMlctl.create();
  mkdirSync(join(mlctl.folder, ".ssh"));
  FleetKey.make(join(mlctl.folder, ".ssh"), "id_ed25519");
  const { port } = server.address() as AddressInfo;
  const account = {
    url: `http://127.0.0.1:${port}`,
    user: "alice",
    token: "t",
    expiresAt: "2099-01-01T00:00:00.000000Z",
  };
  new AccountFile(join(mlctl.folder, "marcologger")).write(account);
});

function answer(response: ServerResponse, path: string, body: string): void {
  const order = body === "" ? undefined : parseOrder((JSON.parse(body) as { order: string }).order);
  const run = order?.run ?? "";
  const other = instead(path, run);
  if (other !== undefined) return void response.writeHead(other.status).end(other.body);
  if (order?.kind !== "run") return void response.end(JSON.stringify({ id: FLEET, nodes }));
  taken.push(run);
  onOrder(order);
  const { job, argv, issued: issuedMs, expires: expiresMs } = order;
  response.end(JSON.stringify({ run, owner: "alice", job, argv, issuedMs, expiresMs, isDone: true, nodes: [] }));
}

const run = (...words: readonly string[]) => mlctl.here(["run", ...words]);
const send = (...words: readonly string[]) => run("-n", "*", "--no-wait", "--tries", "1", ...words, "--", "true");
const state = () => join(mlctl.folder, "state");
const waiting = () => (existsSync(join(state(), "orders")) ? readdirSync(join(state(), "orders")) : []);
const away = (path: string) => (path === "/api/runs" ? { status: 503, body: "<html>" } : undefined);

test("where it cannot note which nodes there are, it sends all the same", async () => {
  mkdirSync(join(state(), "fleet.json.new"), { recursive: true });
  expect(await send()).toMatchObject({ code: 0, stderr: "" });
  expect(taken).toHaveLength(1);
});

test("of a file, all orders are made before one is sent, and each id is printed as it is sent", async () => {
  const file = join(mlctl.folder, "orders");
  const lines = (...more: readonly object[]) =>
    writeFileSync(file, more.map((each) => `${JSON.stringify({ nodes: "*", argv: ["true"], ...each })}\n`).join(""));
  lines({}, { nodes: "elsewhere" });
  expect(await run("--from", file)).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("elsewhere"),
  });
  expect(taken).toEqual([]);
  lines({}, {}, {});
  const seen: string[] = [];
  instead = (path, id) => {
    if (path !== "/api/runs") return undefined;
    seen.push(id);
    return seen.length === 2 ? REFUSED : undefined;
  };
  const sent = await run("--from", file);
  expect(sent).toMatchObject({ code: 1, stdout: `${seen[0]}\n`, stderr: expect.stringContaining("1 of 3 orders") });
  expect(taken).toEqual([seen[0]]);
});

test.each([502, 503, 504, 302, 404])(
  "an order waits while %i comes from something before the collector",
  async (status) => {
    instead = (path) => (path === "/api/runs" ? { status, body: "<html>" } : undefined);
    expect(await send()).toMatchObject({ code: 75, stdout: "" });
    expect(waiting()).toHaveLength(1);
    expect(await run("--flush")).toMatchObject({ code: 75 });
    expect(waiting()).toHaveLength(1);
    instead = () => undefined;
    expect(await run("--flush")).toMatchObject({ code: 0, stderr: expect.stringContaining("sent what waited") });
    expect([waiting(), taken.length]).toEqual([[], 1]);
  },
);

test("what the collector refuses for good is removed, and its words do not drive the terminal", async () => {
  instead = away;
  await send();
  instead = (path) => (path === "/api/runs" ? REFUSED : undefined);
  const stderr = "mlctl: Another\\u001b[2J run. The order that waited is removed\n";
  expect(await run("--flush")).toMatchObject({ code: 0, stderr });
  expect(waiting()).toEqual([]);
});

test("several that send what waits at once do not disturb each other", async () => {
  instead = away;
  for (let i = 0; i < 3; i += 1) await send();
  instead = () => undefined;
  const results = await Promise.all([run("--flush"), run("--flush"), run("--flush")]);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect([waiting(), new Set(taken).size]).toEqual([[], 3]);
});

test("--where works on what the collector said last, while it is away", async () => {
  instead = away;
  await send();
  instead = () => ({ status: 502, body: "" });
  const words = ["--where", "arch=x86_64 && role=render", "--no-wait", "--tries", "1", "--", "true"];
  expect(await run(...words)).toMatchObject({ code: 75, stderr: expect.stringContaining("named last") });
  expect(waiting()).toHaveLength(2);
});

test("says that the fleet has no nodes", async () => {
  nodes = [];
  const stderr = expect.stringContaining("The fleet has no nodes");
  expect(await run("--where", "cpus>1", "--", "true")).toMatchObject({ code: 1, stderr });
  expect(await mlctl.here(["ask", "uptime"])).toMatchObject({ code: 1, stderr });
});

test.each([
  [["--flush", "-n", "*"], "expected --flush or --nodes"],
  [["--flush", "--dry-run"], "expected --flush or --dry-run"],
  [["--flush", "--", "true"], 'expected --flush or a command, not both: "true"'],
  [["--again", "01JDTC8V6CZ7M4V5X9Q2N3K4PW", "--job", "x"], "expected --again or --job"],
  [["--again", "01JDTC8V6CZ7M4V5X9Q2N3K4PW", "--from", "-"], "expected --again or --from"],
  [["--from", "-", "--env", "A=b"], "expected --from or --env"],
  [["--from", "-", "--overwrite"], "expected --from or --overwrite"],
  [["--from", "-", "--", "ls"], "expected --from or a command"],
])("refuses %j, of which one would be ignored", async (words, said) => {
  expect(await run(...words)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(said) });
  expect(taken).toEqual([]);
});

describe("--from of a folder", () => {
  const folder = () => join(mlctl.folder, "orders-to-send");
  const there = (name: string) => readdirSync(join(folder(), name)).sort();
  /** As if nobody had written to it for a while. */
  function put(name: string, ...requests: readonly object[]): void {
    mkdirSync(folder(), { recursive: true });
    const lines = requests.map((each) => `${JSON.stringify({ nodes: "*", argv: ["true"], ...each })}\n`);
    writeFileSync(join(folder(), name), lines.join(""));
    utimesSync(join(folder(), name), 1, 1);
  }
  /** Watches until it is so, and then Ctrl-C. */
  async function watchUntil(isSo: () => boolean): ReturnType<RemoteMlctl["here"]> {
    mkdirSync(folder(), { recursive: true });
    let interrupt: (() => void) | undefined;
    const watching = mlctl.here(["run", "--from", folder()], {}, (act) => {
      interrupt = act;
      return () => undefined;
    });
    // What waits is sent before anybody listens for Ctrl-C.
    const isDone = (): boolean => interrupt !== undefined && isSo();
    await Promise.race([poll("the folder's files to be sent", isDone), watching]).finally(() => interrupt?.());
    return watching;
  }

  test("sends all orders of each file once, in the order of their names, and puts the files away", async () => {
    put("2.json", {}, {});
    put("1.json", {}, {}, {});
    const { code, stdout, stderr } = await watchUntil(() => taken.length === 5);
    const ids = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect([code, ids.map(([name]) => name)]).toEqual([0, [...Array(3).fill("1.json"), ...Array(2).fill("2.json")]]);
    expect(ids.map(([, id]) => id)).toEqual(taken);
    expect([stderr.match(/sent what waited/g)?.length, there("done"), waiting()]).toEqual([
      5,
      ["1.json", "2.json"],
      [],
    ]);
    put("3.json", {});
    await watchUntil(() => taken.length === 6);
    expect(new Set(taken).size).toBe(6);
  });

  test("while the collector is away they wait in order, and none is made twice", async () => {
    await send();
    taken.length = 0;
    instead = () => ({ status: 502, body: "" });
    put("1.json", {}, {});
    put("2.json", {});
    const { stdout } = await watchUntil(() => waiting().length === 3 && there("done").length === 2);
    instead = () => undefined;
    await watchUntil(() => taken.length === 3);
    expect(taken).toEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t")[1]),
    );
  });

  test("a file with a mistake, or that was interrupted, is put aside, and the others are sent", async () => {
    put("1.json", {}, { nodes: "elsewhere" });
    put("2.json", { argv: "no list" });
    put("3.json", {});
    mkdirSync(join(folder(), "taken"));
    put("taken/0.json", {});
    const { stderr } = await watchUntil(() => taken.length === 1);
    expect([there("failed"), there("done"), there("taken")]).toEqual([["0.json", "1.json", "2.json"], ["3.json"], []]);
    expect(stderr).toMatch(
      /0\.json was interrupted[\s\S]*1\.json is in failed\/[^\n]*elsewhere[\s\S]*2\.json[^\n]*argv: expected/,
    );
  });

  test("a file that goes, is too large or has more orders than can wait disturbs no other", async () => {
    put("1.json", {});
    put("2.json", ...Array(1_001).fill({}));
    put("3.json", {});
    truncateSync(join(folder(), "3.json"), 200_000_000);
    utimesSync(join(folder(), "3.json"), 1, 1);
    put("4.json", {});
    const { stderr } = await watchUntil(() => taken.length === 2);
    expect([there("failed"), there("done")]).toEqual([
      ["2.json", "3.json"],
      ["1.json", "4.json"],
    ]);
    expect(stderr).toMatch(
      /2\.json is in failed[^\n]*1001 orders, the limit is 1000[\s\S]*3\.json[^\n]*Cannot read it/,
    );
    // Between the list of names and a look at one, and between that look and its claim.
    const kept: string[] = [];
    for (const name of ["a", "b", "c"]) put(name, { job: name });
    let looks = 0;
    const nowMs = (): number => {
      looks += 1;
      if (looks === 1) rmSync(join(folder(), "a"));
      return Date.now();
    };
    const keep = async ([request]: readonly { readonly job: string }[]): Promise<readonly string[]> => {
      rmSync(join(folder(), "c"), { force: true });
      kept.push(request?.job ?? "");
      return [];
    };
    const said: string[] = [];
    const output = { write: (text: string | Uint8Array) => void said.push(String(text)) };
    const io = { stdout: output, stderr: output, cwd: folder() };
    await new WatchedFolder({ folder: folder(), io, nowMs, keep, send: async () => undefined }).look();
    expect([kept, said]).toEqual([["b"], []]);
  });

  test("a file that somebody is writing is left alone, and those after it wait", async () => {
    put("1.json", {});
    put("2.json", {});
    put("3.json", {});
    utimesSync(join(folder(), "2.json"), Date.now() / 1_000 + 3_600, Date.now() / 1_000 + 3_600);
    await watchUntil(() => taken.length === 1);
    expect([there("done"), there(".").filter((name) => name.endsWith(".json"))]).toEqual([
      ["1.json"],
      ["2.json", "3.json"],
    ]);
  });
});

describe("what a service of another's node answers", () => {
  const ANSWER = '{"a":"\u009b2J\u202e\u007f"}\u001b]0;owned\u0007\r\n';
  const SHOWN = '{"a":"\\u009b2J\\u202e\\u007f"}\\u001b]0;owned\\u0007\n\n';
  const service = (path: string, id: string) => {
    if (path === "/api/services")
      return { status: 200, body: JSON.stringify({ id: FLEET, services: [{ name: "hello", nodes: ["node1"] }] }) };
    const call = { run: id, node: "node1", state: "finished", why: "", text: "", code: 0, output: ANSWER };
    return path.startsWith("/api/calls") ? { status: 200, body: JSON.stringify(call) } : undefined;
  };

  test("drives no terminal, and is the same JSON", async () => {
    instead = service;
    expect(await mlctl.here(["call", "hello"])).toMatchObject({ code: 0, stdout: SHOWN });
  });

  test("nor does it as a part of --json", async () => {
    instead = service;
    const { stdout } = await mlctl.here(["call", "hello", "--json"]);
    expect(stdout.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(stdout)).toMatchObject({ output: ANSWER });
  });
});

test("limits memory and publishes a name as the command line says", async () => {
  const orders: unknown[] = [];
  onOrder = (order) => void orders.push(order);
  const sent = await run("-n", "*", "--no-wait", "--memory", "1.5G", "--publish", "lab", "--", "true");
  expect(sent).toMatchObject({ code: 0, stderr: "" });
  expect(orders).toMatchObject([{ memoryBytes: 1.5 * 2 ** 30, publish: "lab" }]);
  for (const wrong of ["0", "much", "2048T"])
    expect(await run("-n", "*", "--memory", wrong, "--", "true")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--memory: expected bytes like 500M or 16G"),
    });
});

import assert from "node:assert/strict";
import { parseAuthAnswer, parseAuthRequest } from "../../src/auth/protocol.ts";
import { parseGateStatus } from "../../src/frame/gate-status.ts";
import { parseRelayStatus } from "../../src/frame/relay-status.ts";
import { encodeLines } from "../../src/live/lines-message.ts";
import { parseExecution } from "../../src/wire/api.ts";
import { parseBegin } from "../../src/wire/begin.ts";
import { parseEnd } from "../../src/wire/end.ts";
import { parseExecutionId } from "../../src/wire/ids.ts";
import { WIRE_LIMITS } from "../../src/wire/limits.ts";
import { parseClientMessage, parseLinesMessage, parseServerMessage } from "../../src/wire/live.ts";
import { asRecord, parseJson } from "../../src/wire/record.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate, mutateJson } from "./mutate.ts";
import type { Random } from "./random.ts";
import { END, TIME, X } from "./samples.ts";

const SAID = {
  x: X,
  job: "train",
  argv: ["/bin/job.sh", "a b"],
  labels: { rank: "3" },
  startedAt: TIME,
  node: "node1",
};
const BEGIN = { v: 1, ...SAID, k: "AAAAAAAAAAAAAAAAAAAAAA", cwd: "/tmp", pid: 7 };
const STATE = { state: "failed", delivery: "incomplete", code: null, signal: "SIGKILL", endedAt: null };
const COUNTS = { lines: 3, bytes: 40, lastN: 9, thinned: 0, dropped: 0 };
const EXECUTION = { ...SAID, run: X, owner: "alice", command: "job.sh", ...STATE, ...COUNTS, missing: [[2, 4]] };
const GATE_STATUS = { name: "marcologger-gate", connections: 1, refused: 0, ended: 2, waits: 3 };
const STATUS = { name: "marcologger-forward queue", size: 1, maxqsize: 9, "discarded.full": 0, "discarded.nf": 0 };

/** Text of a message: valid, changed as a value, or changed as text. */
function textLike(random: Random, samples: readonly [unknown, ...unknown[]]): string {
  const sample = random.pick(samples);
  const changed = random.oneIn(8) ? sample : mutateJson(random, sample);
  const text = JSON.stringify(changed) ?? "";
  return random.oneIn(3) ? mutate(random, Buffer.from(text)).toString("utf8") : text;
}

/** A JSON parser: accepts its own output, with the same result. */
function jsonTarget(
  name: string,
  samples: readonly [unknown, ...unknown[]],
  parse: (text: string) => unknown,
): FuzzTarget {
  return {
    name,
    begin: () => {
      for (const sample of samples) assert.notEqual(parse(JSON.stringify(sample)), undefined);
      return (random) => {
        const accepted = parse(textLike(random, samples));
        if (accepted === undefined) return;
        const text = JSON.stringify(accepted);
        assert.equal(JSON.stringify(parse(text)), text);
      };
    },
  };
}

function boundedBegin(text: string): unknown {
  const begin = parseBegin(text);
  if (begin === undefined) return undefined;
  assert.ok(parseExecutionId(begin.x) !== undefined && begin.argv.length <= WIRE_LIMITS.maxArgvElements);
  assert.ok(
    begin.job.length <= WIRE_LIMITS.maxJobCharacters && Object.keys(begin.labels).length <= WIRE_LIMITS.maxLabels,
  );
  return begin;
}

const subscribe = { t: "subscribe", id: 1, what: { x: X, node: "node1", owner: "alice" }, from: 1, lines: true };
const CLIENT = [subscribe, { ...subscribe, what: { job: "j" }, from: "end" }, { t: "unsubscribe", id: 2 }] as const;
const lost = { t: "lost", id: 1, x: X, node: "node1", owner: "alice", from: 2, to: 9 };
const refused = { t: "refused", id: 1, code: "not_found", message: "no" };
const unclear = { ...refused, code: "several_owners", owners: ["alice", "bob"] };
const SERVER = [{ t: "live", id: 1 }, { t: "execution", id: 1, execution: EXECUTION }, lost, refused, unclear] as const;

/** Lines as a viewer gets them: all whole ones, and never more than came. */
const linesMessage: FuzzTarget = {
  name: "live-lines",
  begin: () => (random) => {
    const count = 1 + random.below(4);
    const texts = Array.from({ length: count }, () => random.bytes(20).toString("latin1").replace(/\n/g, " "));
    const cri = Buffer.from(texts.map((text) => `${TIME} stdout F ${text}\n`).join(""));
    const source = { owner: "alice", job: "j", run: "r", x: X, node: "node1" };
    const { frame } = encodeLines(source, "key", [{ firstN: 7, count, cri }]);
    const payload = frame.subarray(frame.length < 128 ? 2 : 4);
    const isValid = random.oneIn(8);
    const parsed = parseLinesMessage((isValid ? payload : mutate(random, payload)).toString("utf8"));
    if (isValid)
      assert.deepEqual(
        parsed?.lines.map(({ text }) => text),
        texts,
      );
    if (parsed === undefined) return;
    assert.ok(parsed.lines.length <= parsed.header.count);
    for (const { n } of parsed.lines) assert.ok(n >= parsed.header.n && n < parsed.header.n + parsed.header.count);
  },
};

export const MESSAGE_TARGETS: readonly FuzzTarget[] = [
  jsonTarget("begin", [BEGIN], boundedBegin),
  jsonTarget("end", [END, { ...END, code: null, signal: "SIGKILL" }], parseEnd),
  jsonTarget("execution", [EXECUTION], (text) => parseExecution(parseJson(text))),
  jsonTarget("live-client", CLIENT, parseClientMessage),
  jsonTarget("live-server", SERVER, parseServerMessage),
  // Its text is rsyslogd's; what was found in it is looked at, not found again.
  jsonTarget("relay-status", [STATUS], (text) =>
    parseRelayStatus(text) === undefined ? undefined : asRecord(parseJson(text)),
  ),
  jsonTarget("gate-status", [GATE_STATUS], (text) =>
    parseGateStatus(text) === undefined ? undefined : asRecord(parseJson(text)),
  ),
  jsonTarget("auth-request", [{ id: 1, user: "alice", password: "p", address: "192.0.2.1" }], parseAuthRequest),
  jsonTarget("auth-answer", [{ id: 1, result: "denied" }], parseAuthAnswer),
  linesMessage,
];

import assert from "node:assert/strict";
import { join } from "node:path";
import { parse as parseQuery } from "node:querystring";
import { parseCommandLine } from "../../src/host/config.ts";
import { DEFAULT_LIMITS } from "../../src/host/config-limits.ts";
import { safeJson } from "../../src/host/safe-text.ts";
import { parseArguments } from "../../src/run/arguments.ts";
import { parseSiteSettings } from "../../src/run/site-settings.ts";
import { executionPath } from "../../src/store/disk/log-path.ts";
import { IndexDb } from "../../src/store/index/index-db.ts";
import { oneLine } from "../../src/store/syslog/one-line.ts";
import { HttpError } from "../../src/web/http-error.ts";
import { Query } from "../../src/web/query.ts";
import { parseState } from "../../src/wire/api.ts";
import { WIRE_LIMITS } from "../../src/wire/limits.ts";
import { parseRunId, RUN_ID_RULE } from "../../src/wire/run-id.ts";
import { UsageError } from "../../src/wire/usage-error.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";

const TOML = Buffer.from(`data-dir = "/srv/ml"
pki = "/etc/pki"
relp = "0.0.0.0:2514"
web = "[::1]:8514"
behind-proxy = "https://logs.example.org"
proxies = ["10.0.0.1", "2001:db8::/32"]
web-names = ["logs"]
sync = "always"
admin-group = "wheel"
[limits]
relp-connections = 100
session-days = 2
[nodes.node1]
users = { "1001" = "alice" }
[nodes."a.b"]
users = "directory"
`);
const TOML_TOKENS = [
  "[nodes.x]\n",
  "[[limits]]\n",
  "1979-05-27",
  "inf",
  "nan",
  "0x7f",
  '"""',
  "'''",
  "users = ",
  "\\u0000",
].map((text) => Buffer.from(text));

/** The collector's configuration: accepted only with every value in its bounds; otherwise lists the problems. */
const config: FuzzTarget = {
  name: "config",
  begin: () => (random) => {
    const text = (random.oneIn(20) ? TOML : mutate(random, TOML, TOML_TOKENS)).toString("utf8");
    const words = random.oneIn(4)
      ? [`--${random.pick(["web", "relp", "pki", "x", "sync"])}`, random.bytes(12).toString("latin1")]
      : [];
    const result = parseCommandLine(["--config", "f", ...words], () => text);
    if (result.kind === "problems") assert.ok(result.problems.length > 0);
    if (result.kind !== "config") return;
    for (const name of Object.keys(DEFAULT_LIMITS)) {
      const value = Object.entries(result.config.limits).find(([key]) => key === name)?.[1] ?? 0;
      assert.ok(Number.isSafeInteger(value) && value >= 1, name);
    }
    assert.ok(result.config.relp.port <= 65_535 && !result.config.dataDir.includes("\0"));
  },
};

/** A question to the API: refused with a reason, or answered by the index. */
const apiQuery: FuzzTarget = {
  name: "api-query",
  begin: async () => {
    const index = new IndexDb(join(await tempFolder(), "index.db"));
    const valid = Buffer.from("job=train&node=node1&state=failed&q=loss&before=2026-11-20T04:17:44Z/01ARZ/n&limit=10");
    const { maxJobCharacters, maxNodeCharacters, maxPageExecutions } = WIRE_LIMITS;
    return (random) => {
      const text = (random.oneIn(10) ? valid : mutate(random, valid)).toString("latin1");
      const query = new Query(parseQuery(text));
      try {
        const asked = {
          owner: random.oneIn(2) ? "alice" : undefined,
          job: query.text("job", maxJobCharacters),
          run: query.word("run", RUN_ID_RULE, parseRunId),
          node: query.text("node", maxNodeCharacters),
          state: query.word("state", "a state", parseState),
          q: query.text("q", 256),
          before: query.text("before", 512),
          limit: query.count("limit", { least: 1, most: maxPageExecutions, fallback: 100 }),
        };
        assert.ok(asked.limit >= 1 && asked.limit <= maxPageExecutions);
        if (random.oneIn(16)) assert.deepEqual(index.executions.list(asked).rows, []);
      } catch (error) {
        if (!(error instanceof HttpError && error.status === 400)) throw error;
        assert.ok(error.message.length < 1_000);
      }
    };
  },
};

/** mlrun's command line and settings. */
const mlrun: FuzzTarget = {
  name: "mlrun",
  begin: () => {
    const settings = Buffer.from("# for all\none-line-frames = true # yes\n");
    const words = [
      "--job",
      "j",
      "--label",
      "a=b",
      "--id",
      "--quiet",
      "--run-dir=/x",
      "--",
      "true",
      "--constructor",
      "--__proto__",
    ];
    return (random) => {
      const warnings: string[] = [];
      const text = mutate(random, settings).toString("utf8");
      parseSiteSettings(text, "mlrun.toml", (warning) => warnings.push(warning));
      assert.ok(warnings.length <= text.split("\n").length);
      const chosen = Array.from({ length: random.below(8) }, () => {
        const word = words[random.below(words.length)] ?? "";
        return random.oneIn(4) ? mutate(random, Buffer.from(word)).toString("latin1") : word;
      });
      try {
        const { action, argv, labels } = parseArguments(chosen);
        assert.ok(action !== "run" || argv.length > 0);
        assert.ok(Object.keys(labels).length <= WIRE_LIMITS.maxLabels);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    };
  },
};

const DRIVES_A_TERMINAL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** Ordinary syslog and other foreign text: becomes one line that drives no terminal, in a path inside its folder. */
const text: FuzzTarget = {
  name: "text",
  begin: () => {
    const valid = Buffer.from("<34>Oct 11 22:14:15 host su: \u001b]0;title\u0007 \u009b2J ../../etc/passwd");
    return (random) => {
      const foreign = (random.oneIn(2) ? mutate(random, valid) : random.bytes(80)).toString("utf8");
      assert.doesNotMatch(oneLine(foreign).replaceAll("\t", ""), DRIVES_A_TERMINAL);
      assert.equal(JSON.parse(safeJson(foreign)), foreign);
      assert.doesNotMatch(safeJson(foreign), DRIVES_A_TERMINAL);
      const path = executionPath({ owner: foreign || "a", startedAt: foreign, x: "X", node: "n", command: foreign });
      assert.match(path, /^[^/]+\/\d{4}-\d\d-\d\d\/X\.n\.[A-Za-z0-9_+-]+$/);
      assert.doesNotMatch(path, /^[._]/);
    };
  },
};

export const SETTING_TARGETS: readonly FuzzTarget[] = [config, apiQuery, mlrun, text];

import { describe, expect, test } from "vitest";

import { configOf, DEFAULT_FILE, parse, problemsOf } from "../support/parsed-config.ts";

describe("[retention]", () => {
  test("is off by default, and takes ages, bytes, shares and rules for names of jobs", () => {
    const off = { maxAgeMs: undefined, bytes: undefined, minFree: undefined, newest: 0, jobs: [] };
    expect(configOf(["--insecure"]).retention).toMatchObject(off);
    const toml = `
      [retention]
      max-age = "90d"
      bytes-per-user = "50G"
      bytes = 1000000
      min-free = "2.5%"
      keep-newest = 10
      held-bytes-per-user = "1T"
      audit-max-age = "52w"
      [retention.jobs."nightly-*"]
      max-age = "12h"
      keep-newest-runs = 3
      [retention.jobs."precious"]
      max-age = "never"`;
    expect(configOf(["--insecure"], toml).retention).toEqual({
      maxAgeMs: 90 * 86_400_000,
      bytesPerUser: 50 * 2 ** 30,
      bytes: 1_000_000,
      minFree: { share: 0.025 },
      newest: 10,
      heldBytesPerUser: 2 ** 40,
      syslogMaxAgeMs: undefined,
      auditMaxAgeMs: 364 * 86_400_000,
      jobs: [
        { pattern: "nightly-*", maxAgeMs: 43_200_000, newestRuns: 3 },
        { pattern: "precious", maxAgeMs: "never", newestRuns: 0 },
      ],
    });
    expect(configOf(["--insecure"], '[retention]\nmin-free = "20G"').retention.minFree).toEqual({
      bytes: 20 * 2 ** 30,
    });
  });

  test.each([
    ['max-age = "90"', "retention.max-age: expected a time like 90d"],
    ["max-age = 90", "retention.max-age: expected a time like 90d"],
    ['min-free = "60%"', "retention.min-free: expected a share of the disk"],
    ['min-free = "0%"', "retention.min-free: expected a share of the disk"],
    ['bytes = "5 GB"', "retention.bytes: expected bytes like 500M"],
    ["keep-newest = -1", "retention.keep-newest: expected a whole number"],
    ["keep = 1", "retention.keep: unknown key"],
    ["jobs = 1", "retention.jobs: expected at most 64 tables"],
    ["[retention.jobs.a]\nage = 1", 'retention.jobs."a".age: unknown key'],
    [
      '[retention.jobs."a*"]\nmax-age = "x"',
      'retention.jobs."a*".max-age: expected a time like 90d, 12h or 4w, or never',
    ],
  ])("%s is refused with its place", (line, problem) => {
    const problems = problemsOf(["--insecure"], { [DEFAULT_FILE]: `[retention]\n${line}` });
    expect(problems).toEqual([expect.stringContaining(`${DEFAULT_FILE}: ${problem}`)]);
  });
});

describe("the users of a node", () => {
  const passwd =
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nalice:x:1001:1001::/home/alice:/bin/sh\nalias:x:1001:1001::/:/bin/sh\n";

  test.each([
    ["nothing", "[nodes.n1]", "directory"],
    ["the directory", '[nodes.n1]\nusers = "directory"', "directory"],
    [
      "a table",
      '[nodes.n1]\nusers = { "1001" = "alice", 1002 = "bob" }',
      new Map([
        [1001, "alice"],
        [1002, "bob"],
      ]),
    ],
    [
      "a copy of its passwd",
      '[nodes.n1]\nusers = "/n1.passwd"',
      new Map([
        [0, "root"],
        [1001, "alice"],
      ]),
    ],
  ])("are taken from %s", (_, toml, users) => {
    const parsed = parse(["--insecure"], { [DEFAULT_FILE]: toml, "/n1.passwd": passwd });
    expect(parsed).toMatchObject({ kind: "config", config: { nodes: new Map([["n1", users]]) } });
  });

  test.each([
    ["a path for a name", 'users = { "1001" = "../alice" }', 'expected the name of a user for 1001, got "../alice"'],
    ["a name with a line feed", 'users = { "1001" = "a\\nb" }', "expected the name of a user for 1001"],
    ["no number", 'users = { "x" = "alice" }', 'expected a uid other than 65534, got "x"'],
    ["a uid too high", 'users = { "4294967295" = "alice" }', "expected a uid"],
    ["the overflow uid", 'users = { "65534" = "alice" }', "expected a uid other than 65534"],
    ["a number for a name", 'users = { "1001" = 5 }', "expected the name of a user for 1001, got 5"],
    ["a number", "users = 5", 'expected "directory", a file'],
    ["a file that is no passwd", 'users = "/junk"', "/junk, line 2: expected an entry of passwd(5)"],
  ])("are refused: %s", (_, toml, problem) => {
    const files = {
      [DEFAULT_FILE]: `[nodes."n1.example.org"]\n${toml}`,
      "/junk": "alice:x:1001:1001::/:/bin/sh\njunk",
    };
    expect(problemsOf(["--insecure"], files).join()).toContain(`nodes.n1.example.org.users: ${problem}`);
  });

  test.each(["Not A Host!", "..", "a/b"])("are refused for %s, which is not a node", (name) => {
    const files = { [DEFAULT_FILE]: `[nodes."${name}"]` };
    expect(problemsOf(["--insecure"], files).join()).toContain(`nodes.${name}: expected the name of a node`);
  });
});

describe("[peers.NAME]", () => {
  const with_ = (toml: string) => `fleet = "127.0.0.1:4222"\n${toml}`;

  test("is the address of a joined collector, and a file with its token", () => {
    const berlin =
      '[peers.berlin]\nurl = "https://logs.example.org/ml/"\ntoken = "/etc/ml/berlin"\nca = "/etc/ml/ca.crt"';
    expect([...configOf(["--pki", "/p"], with_(berlin)).peers]).toEqual([
      ["berlin", { url: "https://logs.example.org/ml", tokenFile: "/etc/ml/berlin", caFile: "/etc/ml/ca.crt" }],
    ]);
  });

  test.each([
    ["http", 'url = "http://logs.example.org"\ntoken = "/t"', "peers.b.url: expected https"],
    ["no token", 'url = "https://logs.example.org"', "peers.b.token: expected the path of a file with the token"],
    ["the token itself", 'url = "https://a.example"\ntoken = "mlt_secret"', "peers.b.token: expected the path"],
    ["another key", 'url = "https://a.example"\ntoken = "/t"\nuser = "x"', "peers.b.user: unknown key"],
  ])("refuses %s, and shows no token", (_, toml, problem) => {
    const problems = problemsOf(["--pki", "/p"], { [DEFAULT_FILE]: with_(`[peers.b]\n${toml}`) }).join("\n");
    expect(problems).toContain(problem);
    expect(problems).not.toContain("mlt_secret");
  });

  test("needs a fleet", () => {
    const toml = '[peers.b]\nurl = "https://a.example"\ntoken = "/t"';
    expect(problemsOf(["--pki", "/p"], { [DEFAULT_FILE]: toml }).join("\n")).toContain("peers: expected fleet");
  });
});

describe("the names of nodes", () => {
  test("are compared without case", () => {
    const { nodes } = configOf(["--insecure"], '[nodes.Node_1]\nusers = { "1001" = "alice" }');
    expect([...nodes.keys()]).toEqual(["node_1"]);
    const twice = { [DEFAULT_FILE]: "[nodes.n1]\n[nodes.N1]" };
    expect(problemsOf(["--insecure"], twice).join("\n")).toContain(
      "nodes.N1: named twice: upper and lower case mean the same",
    );
  });

  test("are reported when dots lack quotes", () => {
    const toml = '[nodes.n1.cluster.example.org]\nusers = "directory"';
    const [problem] = problemsOf(["--insecure"], { [DEFAULT_FILE]: toml });
    expect(problem).toContain('a name with dots needs quotes: [nodes."n1.cluster.example.org"]');
  });

  test("may have parts of 64 characters; a refusal states the rule", () => {
    const name = "n".repeat(64);
    expect([...configOf(["--insecure"], `[nodes.${name}]`).nodes.keys()]).toEqual([name]);
    const [problem] = problemsOf(["--insecure"], { [DEFAULT_FILE]: '[nodes."a b"]' });
    expect(problem).toContain("its name has letters, digits, _, - and .");
  });
});

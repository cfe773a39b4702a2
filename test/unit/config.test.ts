import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../../src/host/config.ts";
import { COLLECTOR_HELP } from "../../src/host/config-help.ts";
import { DEFAULT_LIMITS } from "../../src/host/config-limits.ts";

const DEFAULT_FILE = "/etc/marcologger/collector.toml";

function parse(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  return parseCommandLine(argv, (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: "ENOENT" });
    return text;
  });
}

function configOf(argv: readonly string[], toml = "") {
  const parsed = parse(argv, { [DEFAULT_FILE]: toml });
  if (parsed.kind !== "config") throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

function problemsOf(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const parsed = parse(argv, files);
  return parsed.kind === "problems" ? parsed.problems : [];
}

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

describe("the collector's configuration", () => {
  test("has the fixed defaults", () => {
    expect(configOf(["--insecure"])).toMatchObject({
      dataDir: "/var/lib/marcologger",
      relp: { host: "127.0.0.1", port: 2514 },
      web: { host: "127.0.0.1", port: 8514 },
      sync: "batch",
      pamService: "login",
      loginCode: false,
      limits: DEFAULT_LIMITS,
    });
  });

  test("takes every option from the command line, and from the file under the same name", () => {
    const argv = [
      ["data-dir", "/data"],
      ["relp", "[::]:2515"],
      ["pki", "/pki"],
      ["web", "0.0.0.0:443"],
      ["web-cert", "/c.crt"],
      ["web-key", "/c.key"],
      ["behind-proxy", "https://www.example.org/logs"],
      ["proxies", "10.0.0.1,2001:db8::/32"],
      ["web-names", "logs,logs.example.org"],
      ["udp-syslog", "127.0.0.1:514"],
      ["tcp-syslog", "127.0.0.1:515"],
      ["sync", "always"],
      ["pam-service", "marcologger"],
      ["auth-socket", "/run/auth.sock"],
      ["admin-group", "log-admins"],
    ];
    const fromFlags = configOf([...argv.flatMap(([key, value]) => [`--${key}`, `${value}`]), "--login-code"]);
    const toml = argv.map(([key, value]) => `${key} = "${value}"`).join("\n");
    expect(configOf([], `${toml}\nlogin-code = true`)).toEqual(fromFlags);
    expect(fromFlags).toMatchObject({
      relp: { host: "::", port: 2515 },
      webTls: { cert: "/c.crt", key: "/c.key" },
      behindProxy: "https://www.example.org/logs",
      proxies: ["10.0.0.1", "2001:db8::/32"],
      webNames: ["logs", "logs.example.org"],
      udpSyslog: { host: "127.0.0.1", port: 514 },
      sync: "always",
      authSocket: "/run/auth.sock",
      adminGroup: "log-admins",
      loginCode: true,
    });
  });

  test("prefers the command line to the file", () => {
    expect(configOf(["--insecure", "--data-dir=/b"], 'data-dir = "/a"').dataDir).toBe("/b");
  });

  test("treats an empty value as off", () => {
    const config = configOf(["--insecure"], 'admin-group = ""\nauth-socket = ""\nbehind-proxy = ""');
    expect(config).toMatchObject({ adminGroup: undefined, authSocket: undefined, behindProxy: undefined });
  });

  test("names every limit in the file as in the code", () => {
    const keys = Object.keys(DEFAULT_LIMITS).map((name) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`));
    const { limits } = configOf(["--insecure"], `[limits]\n${keys.map((key) => `${key} = 7`).join("\n")}`);
    expect(new Set(Object.values(limits))).toEqual(new Set([7]));
  });

  test("reports every mistake at once, with file, key and what was expected", () => {
    const toml = `
      relp = "nowhere"
      sync = 3
      colour = "blue"
      [limits]
      relp-connections = 0
      open-timeout-ms = 999999999999
      many = 3
      [nodes.n1]
      users = "/missing"
      colour = 1
      [nodes]
      n2 = 5`;
    const problems = problemsOf(["--config", "/c.toml", "--web", "0.0.0.0:80", "--bad", "--login-code=1", "--pki"], {
      "/c.toml": toml,
    });
    const [first, ...others] = problems;
    expect(first).toContain("--bad: unknown option");
    expect(others.join("\n")).toMatchInlineSnapshot(`
      "--login-code: expected no value, got 1
      --pki: expected a value
      /c.toml: relp: expected HOST:PORT, like 127.0.0.1:8514 or [::1]:8514, got "nowhere"
      /c.toml: sync: expected batch or always, got 3
      /c.toml: nodes.n1.colour: unknown key
      /c.toml: nodes.n1.users: expected "directory", a file in passwd(5) format, or a table like { "1001" = "alice" }; /missing cannot be read: no such file: /missing
      /c.toml: nodes.n2: expected a table, [nodes.n2]
      /c.toml: limits.relp-connections: expected a whole number from 1 to 1000000000000, got 0
      /c.toml: limits.open-timeout-ms: expected a whole number from 1 to 86400000, got 999999999999
      /c.toml: limits.many: unknown key
      pki: expected the folder that mlctl pki init made (or insecure, for a trial on loopback)
      web: expected web-cert and web-key, or behind-proxy, beyond loopback (0.0.0.0)
      /c.toml: colour: unknown key"
    `);
  });

  test.each([
    ["no certificates", [], "pki: expected the folder"],
    ["plain RELP off loopback", ["--insecure", "--relp", "0.0.0.0:2514"], "insecure: expected relp on loopback"],
    ["both at once", ["--insecure", "--pki", "/p"], "insecure, pki: expected one of them"],
    ["plain web off loopback", ["--pki", "/p", "--web", "192.0.2.1:8514"], "web: expected web-cert and web-key"],
    ["half a certificate", ["--pki", "/p", "--web-cert", "/c"], "web-cert, web-key: expected both or neither"],
    [
      "an address with a query",
      ["--pki", "/p", "--behind-proxy", "https://a/b?c"],
      "--behind-proxy: expected an address",
    ],
    ["a proxy without an address", ["--pki", "/p", "--behind-proxy", "https://a"], "behind-proxy: expected proxies"],
    ["a socket for browsers", ["--pki", "/p", "--web", "unix:/w.sock"], "web: expected behind-proxy"],
    [
      "a socket with TLS",
      ["--pki", "/p", "--web", "unix:/w", "--web-cert", "/c", "--web-key", "/k"],
      "web-cert: expected none with a unix socket",
    ],
    [
      "a socket for addresses",
      ["--pki", "/p", "--web", "unix:/w", "--behind-proxy", "https://a", "--proxies", "10.0.0.1"],
      "proxies: expected none with a unix socket",
    ],
    ["a group for a port", ["--pki", "/p", "--web-socket-group", "www-data"], "web-socket-group: expected a socket"],
    ["proxies for nothing", ["--pki", "/p", "--proxies", "10.0.0.1"], "proxies: expected behind-proxy"],
    ["a proxy's name", ["--pki", "/p", "--proxies", "proxy.example"], "--proxies: expected IP addresses"],
    ["a network too small", ["--pki", "/p", "--proxies", "10.0.0.0/33"], "--proxies: expected IP addresses"],
    ["a name that is none", ["--pki", "/p", "--web-names", "a/b"], "--web-names: expected host names"],
    ["a flag twice", ["--pki", "/p", "--pki", "/q"], "--pki: given twice"],
    ["an option for a value", ["--pki", "--insecure"], "--pki: expected a value"],
    ["a port too high", ["--pki", "/p", "--relp", "127.0.0.1:65536"], "--relp: expected HOST:PORT"],
    ["UDP over IPv6", ["--insecure", "--udp-syslog", "[::1]:5514"], "--udp-syslog: expected HOST:PORT without IPv6"],
    ["a UDP port that nobody learns", ["--insecure", "--udp-syslog", "127.0.0.1:0"], "--udp-syslog: expected"],
    [
      "a fleet without a port for its files",
      ["--pki", "/p", "--fleet", "[::1]:65535"],
      "fleet: expected a port below 65535",
    ],
    ["a group like an option", ["--pki", "/p", "--admin-group=-x"], "--admin-group: expected the name of a unix group"],
    ["the default command by name", ["--pki", "/p", "run"], "run: unknown command"],
    ["an unknown command", ["--pki", "/p", "dance"], "dance: unknown command"],
    ["two commands", ["--pki", "/p", "reindex", "auth"], "auth: expected one command at most"],
  ])("refuses %s", (_, argv, problem) => {
    expect(problemsOf(argv).join("\n")).toContain(problem);
  });

  test("allows the web beyond loopback with TLS, and behind a proxy", () => {
    expect(
      configOf(["--pki", "/p", "--web", "0.0.0.0:443", "--web-cert", "/c", "--web-key", "/k"]).webTls,
    ).toBeDefined();
    expect(
      configOf(["--pki", "/p", "--web", "0.0.0.0:80", "--behind-proxy", "https://a", "--proxies", "10.0.0.1"])
        .behindProxy,
    ).toBe("https://a");
    const socket = ["--web", "unix:/run/w.sock", "--web-socket-group", "www-data", "--behind-proxy", "https://a"];
    expect(configOf(["--pki", "/p", ...socket])).toMatchObject({
      web: { path: "/run/w.sock" },
      webSocketGroup: "www-data",
    });
  });

  test("files of a fleet have the next port, or their own", () => {
    const portOf = (...argv: string[]) => configOf(["--pki", "/p", "--fleet", ...argv]).fleetFiles?.port;
    expect(portOf("[::1]:65534")).toBe(65_535);
    expect(portOf("[::1]:65535", "--fleet-files", "[::1]:1")).toBe(1);
  });

  test("needs no certificates when nothing listens", () => {
    expect(parse(["reindex", "--data-dir", "/d"])).toMatchObject({ kind: "config", command: "reindex" });
  });

  test("of the password process is four keys; it ignores mistakes in others", () => {
    const files = { "/c": 'pam-service = "mine"\nrelp = 5\nnone = 1\n[nodes.n1]\nusers = "/secret"' };
    const auth = { pamService: "mine", authSocket: "/s", webSignerKey: "/k", loginCode: true };
    const flags = ["--auth-socket", "/s", "--web-signer-key", "/k", "--login-code"];
    expect(parse(["auth", "--config", "/c", ...flags], files)).toEqual({ kind: "auth", auth });
    expect(problemsOf(["auth", "--pam-service", "../x"]).join()).toContain("--pam-service: expected the name of");
    expect(problemsOf(["auth", "--bad"])).toEqual(["--bad: unknown option"]);
  });

  test("needs a file only if one is named", () => {
    expect(problemsOf(["--insecure", "--config", "/none"]).join()).toContain("/none: cannot be read");
    expect(problemsOf(["--insecure"])).toEqual([]);
  });

  test("reports where a file is not valid TOML", () => {
    expect(problemsOf(["--insecure"], { [DEFAULT_FILE]: 'a = 1\nb = "' }).join()).toContain("line 2");
  });

  test.each(["--help", "--version"])("answers %s, whatever else is wrong", (option) => {
    expect(parse([option, "--bad"]).kind).toBe(option.slice(2));
  });

  test("explains every option", () => {
    for (const name of ["config", "data-dir", "relp", "pki", "web", "web-cert", "web-key", "sync", "insecure"]) {
      expect(COLLECTOR_HELP).toContain(`--${name}`);
    }
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

describe("/metrics", () => {
  test.each([
    ["127.0.0.1:9514", { host: "127.0.0.1", port: 9514 }],
    ["unix:/run/marcologger/metrics.sock", { path: "/run/marcologger/metrics.sock" }],
  ])("has a listener of its own at %s", (metrics, listen) => {
    expect(configOf(["--insecure"], `metrics = "${metrics}"`).metrics).toEqual({ listen, tokenFile: undefined });
  });

  test.each([
    ["no address", 'metrics = "9514"', "metrics: expected HOST:PORT or unix:PATH"],
    ["a path that is not absolute", 'metrics = "unix:m.sock"', "metrics: expected HOST:PORT or unix:PATH"],
    [
      "a path too long for a socket",
      `metrics = "unix:/${"m".repeat(107)}"`,
      "metrics: expected HOST:PORT or unix:PATH",
    ],
    ["everybody without a token", 'metrics = "0.0.0.0:9514"', "metrics: expected metrics-token-file beyond loopback"],
  ])("refuses %s", (_, toml, problem) => {
    expect(problemsOf(["--insecure"], { [DEFAULT_FILE]: toml }).join("\n")).toContain(problem);
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

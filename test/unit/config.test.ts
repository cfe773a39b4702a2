import { describe, expect, test } from "vitest";
import { COLLECTOR_HELP } from "../../src/host/config-help.ts";
import { DEFAULT_LIMITS } from "../../src/host/config-limits.ts";

import { configOf, DEFAULT_FILE, parse, problemsOf } from "../support/parsed-config.ts";

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

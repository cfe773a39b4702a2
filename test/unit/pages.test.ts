import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/host/config-limits.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAX_LINE_CHARS = 200;
/** Written by the bench, from its cells. */
const GENERATED = /<!-- figures: .*?<!-- end of figures: [^>]*-->/gs;
const TEST_FOLDERS = /^(unit|integration|e2e|agent|attacks|collector|ctl|faults|fleet|keeping|mlrun|pki|relay|web)\//;

const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
const textOf = (page: string) => readFileSync(join(ROOT, page), "utf8").replace(GENERATED, "");

describe.each(pages)("%s", (page) => {
  test(`has no line of more than ${MAX_LINE_CHARS} characters`, () => {
    const long = textOf(page)
      .split("\n")
      .filter((line) => line.length > MAX_LINE_CHARS);
    expect(long).toEqual([]);
  });

  test("links to files that exist", () => {
    const targets = [...textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? "");
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
  });
});

test("test/README.md names test files that exist", () => {
  const cells = textOf("test/README.md")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .flatMap((line) => line.split("|").at(-2)?.split(",") ?? []);
  const named = cells.map((cell) => cell.trim()).filter((cell) => TEST_FOLDERS.test(cell));
  expect(named.length).toBeGreaterThan(100);
  const files = (name: string) => [`test/${name}.test.ts`, `test/integration/${name}.test.ts`];
  const missing = named.filter(
    (name) => !name.endsWith("/") && !files(name).some((file) => existsSync(join(ROOT, file))),
  );
  expect(missing).toEqual([]);
});

test("src/README.md says where it happens: each file exists, and has what is named in it", () => {
  const [, section = ""] = textOf("src/README.md").split("\n## Where it happens\n");
  const [happens = "", limits = ""] = section.split("\n## Where limits live\n");
  const [rows = ""] = limits.split("\n\nA new limit");
  const paths = [...`${happens}${rows}`.matchAll(/`([a-z][\w-]*\/[\w./-]+)`/g)].map(([, path = ""]) => path);
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(ROOT, "src", path)))).toEqual([]);
  const named = [...happens.matchAll(/`([\w.]+)` in `([\w./-]+)`/g)];
  expect(named.length).toBeGreaterThan(10);
  const missing = named.filter(([, name = "", path = ""]) => {
    const text = textOf(join("src", path));
    return !name
      .split(".")
      .every((part) => new RegExp(`\\b(class|function|interface) ${part}\\b|\\b${part}\\(`).test(text));
  });
  expect(missing.map(([all]) => all)).toEqual([]);
});

test("src/host/METRICS.md lists each metric, in the words of /metrics", () => {
  const sources = execFileSync("git", ["ls-files", "src/**/*.ts"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
  const metrics = sources.flatMap((file) => [...textOf(file).matchAll(/(?<!`.*)"(ml_\w+)",\s*(?:help: )?"([^"]*)"/g)]);
  const listed = [...textOf("src/host/METRICS.md").matchAll(/^\| `(ml_\w+)` \| (.*) \|$/gm)];
  const rows = (found: readonly RegExpMatchArray[]) => found.map(([, name, help]) => `${name}: ${help}`).sort();
  expect(metrics.length).toBeGreaterThan(50);
  expect(rows(listed)).toEqual(rows(metrics));
});

test("messages and pages name commands of mlctl that exist", () => {
  const composed = textOf("src/ctl/remote-commands.ts") + textOf("src/bin/mlctl-main.ts");
  const commands = [...composed.matchAll(/^\s+"?([\w-]+)"?: async \(\) =>/gm)].map(([, name]) => name);
  const files = execFileSync("git", ["ls-files", "*.md", "src", "ui/src", "rsyslog.d", "systemd"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const named = files
    .trim()
    .split("\n")
    .flatMap((file) =>
      [...textOf(file).matchAll(/`mlctl (?!on \$)([a-z][a-z-]*)/g)].map(([, name]) => ({ file, name })),
    );
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ name }) => !commands.includes(name))).toEqual([]);
});

const UNITS: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

function numberOf(text: string): number {
  const [digits = "", unit = ""] = text.split(" ");
  return Number(digits.replaceAll(",", "")) * (UNITS[unit] ?? 1);
}

test("src/host/README.md lists each limit of collector.toml with its default", () => {
  const [, section = ""] = textOf("src/host/README.md").split("\n## Limits\n");
  const rows = [...section.matchAll(/^\| [^|]+ \| ([^|]*`[^|]*) \| ([^|]+) \|$/gm)];
  const listed = rows.flatMap(([, keys = "", values = ""]) => {
    const defaults = values.split(", ").map(numberOf);
    return [...keys.matchAll(/`([\w-]+)`/g)].map(([, key = ""], at): [string, number | undefined] => [
      key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
      defaults[at],
    ]);
  });
  expect(Object.fromEntries(listed)).toEqual(DEFAULT_LIMITS);
});

test("src/web/README.md lists each request of the API", () => {
  const files = execFileSync("git", ["ls-files", "src/web/*-api.ts"], { cwd: ROOT, encoding: "utf8" })
    .trim()
    .split("\n");
  const routes = files.flatMap((file) => [...textOf(file).matchAll(/router\.(get|post|put|delete)\("([^"]+)"/g)]);
  const made = routes.map(([, method = "", path = ""]) => `${method.toUpperCase()} ${path.replace(/:\w+/g, "ID")}`);
  const rows = textOf("src/web/README.md").match(/^\| `(?:GET|POST|PUT|DELETE) .*$/gm) ?? [];
  const listed = rows.flatMap((row) => [...row.matchAll(/`((?:GET|POST|PUT|DELETE) \/[^`?]*?)[`?]/g)]);
  const named = listed.map(([, request = ""]) => request.replace(/\/(?:[A-Z0-9]+)(?=\/|$)/g, "/ID"));
  expect([...new Set(named)].sort()).toEqual([...new Set(made)].sort());
});

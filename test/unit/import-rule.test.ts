import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const STAGES = [
  "run",
  "ingest",
  "store",
  "keeping",
  "live",
  "search",
  "sharing",
  "web",
  "auth",
  "ctl",
  "demo",
  "fleet",
  "agent",
];
/** Folders that a folder of src may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  text: [],
  frame: ["wire"],
  host: ["wire"],
  orders: ["wire"],
  run: ["wire", "frame"],
  bin: ["wire", "frame", "host", "orders", ...STAGES],
};
const ALLOWED_FOR_STAGES = ["wire", "text", "frame", "host", "orders"];

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Undefined: the whole module. */
  readonly names: readonly string[] | undefined;
  /** Loaded while it runs. */
  readonly isLazy: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => join(folder, path));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const found = text.matchAll(
    /(?:^|\n)(?:import|export)\b[^;]*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"|\nimport\s+"([^"]+)"/g,
  );
  return [...found].map(([words, ...specifiers]) => {
    const [, list] = /^\s*(?:import|export)\b[^{;]*\{([^}]*)\}/.exec(words) ?? [];
    const names = list?.split(",").map(
      (name) =>
        name
          .trim()
          .replace(/^type /, "")
          .split(" as ")[0] ?? "",
    );
    const isLazy = words.startsWith("import(");
    return { file, specifier: specifiers.find((each) => each !== undefined) ?? "", names, isLazy };
  });
}

/** The folder of src that a relative import leads to ("wire"), or "outside". */
function target({ file, specifier }: Import): string {
  const [top, folder] = relative(ROOT, join(ROOT, dirname(file), specifier)).split("/");
  return top === "src" && folder !== undefined ? folder : "outside";
}

const imports = sources("src").flatMap(importsOf);

test("stages import wire, frame and host, never each other; wire and frame import no stage", () => {
  const wrong = imports
    .filter(({ specifier }) => specifier.startsWith("."))
    .filter((found) => {
      const own = found.file.split("/")[1] ?? "";
      const allowed = ALLOWED[own] ?? ALLOWED_FOR_STAGES;
      return target(found) !== own && !allowed.includes(target(found));
    });
  expect(wrong).toEqual([]);
  expect(imports.length).toBeGreaterThan(10);
});

test("wire knows neither Node nor npm, text no Node, frame only Node", () => {
  const packages = imports.filter(({ specifier }) => !specifier.startsWith("."));
  const isNode = (specifier: string) => specifier.startsWith("node:");
  expect(packages.filter(({ file }) => file.startsWith("src/wire/"))).toEqual([]);
  expect(packages.filter(({ file, specifier }) => file.startsWith("src/text/") && isNode(specifier))).toEqual([]);
  expect(packages.filter(({ file, specifier }) => file.startsWith("src/frame/") && !isNode(specifier))).toEqual([]);
});

test("Node's own modules are imported with node:, ours with their file extension", () => {
  const all = [...imports, ...sources("test").flatMap(importsOf), ...sources("ui").flatMap(importsOf)];
  expect(all.filter(({ specifier }) => builtinModules.includes(specifier))).toEqual([]);
  expect(all.filter(({ specifier }) => /^\.\.?\/(?!.*\.(ts|tsx|css|svg)$)/.test(specifier))).toEqual([]);
});

test("every export is imported somewhere", () => {
  const files = ["src", "ui", "test"].flatMap(sources);
  const used = new Set<string>();
  for (const { file, specifier, names = ["*"] } of files.flatMap(importsOf))
    for (const name of names) used.add(`${join(dirname(file), specifier)} ${name}`);
  const exported = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return [...text.matchAll(/^export (?:async |abstract )*(?:function\*?|const|let|class|interface|type) (\w+)/gm)]
      .map(([, name]) => `${file} ${name}`)
      .filter((each) => !used.has(each) && !used.has(`${file} *`));
  });
  expect(exported).toEqual([]);
  expect(used.size).toBeGreaterThan(1_000);
});

test("nothing is exported as default but Vite's configuration, or from another file than its own", () => {
  const files = ["src", "ui/src"].flatMap(sources).filter((file) => !file.endsWith(".vite.ts"));
  const wrong = files.filter((file) =>
    /^export (?:default\b|\*|(?:type )?\{[^}]*\} from)/m.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(wrong).toEqual([]);
});

test("the viewer imports only wire and text from src", () => {
  const fromSrc = sources("ui")
    .flatMap(importsOf)
    .filter((found) => target(found) !== "outside");
  const shared = ["wire", "text"];
  expect(fromSrc.filter((found) => found.specifier.startsWith(".") && !shared.includes(target(found)))).toEqual([]);
});

test("only src/bin reads the command line and the environment", () => {
  const readers = sources("src")
    .filter((file) => !file.startsWith("src/bin/"))
    .filter((file) => /\bprocess\.(argv|env)\b/.test(readFileSync(join(ROOT, file), "utf8")));
  expect(readers).toEqual([]);
});

/** The room of a stage that a file stands in ("src/store/table"), or undefined for a file on top of its stage. */
function roomOf(path: string): string | undefined {
  const [, folder, room, file] = path.split("/");
  return file === undefined ? undefined : `src/${folder}/${room}`;
}

type Edges = Map<string, Set<string>>;

/** What imports what by relative paths, each place called by `nameOf`. */
function edgesOf(found: readonly Import[], nameOf: (path: string) => string | undefined): Edges {
  const edges: Edges = new Map();
  for (const { file, specifier } of found) {
    if (!specifier.startsWith(".")) continue;
    const from = nameOf(file);
    const to = nameOf(relative(ROOT, join(ROOT, dirname(file), specifier)));
    if (from !== undefined && to !== undefined && from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
  return edges;
}

/** Those that import themselves by way of others. */
function inCycles(edges: Edges): string[] {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean => {
    for (const next of edges.get(from) ?? []) {
      if (next === to) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      if (reaches(next, to, seen)) return true;
    }
    return false;
  };
  return [...edges.keys()].filter((place) => reaches(place, place));
}

test("rooms of a stage form no import cycle, nor do files, types included", () => {
  const rooms = edgesOf(imports, roomOf);
  expect(inCycles(rooms)).toEqual([]);
  expect(rooms.size).toBeGreaterThan(5);
  const all = [...imports, ...sources("ui/src").flatMap(importsOf)].filter(({ isLazy }) => !isLazy);
  const files = edgesOf(all, (path) => path);
  expect(inCycles(files)).toEqual([]);
  expect(files.size).toBeGreaterThan(500);
});

test("the feed of a log knows no DOM: it imports neither view nor preact", () => {
  const feed = sources("ui/src/log/feed").flatMap(importsOf);
  expect(feed.filter(({ specifier }) => /preact|\/(view|page)\/|\.tsx$/.test(specifier))).toEqual([]);
  expect(feed.length).toBeGreaterThan(10);
});

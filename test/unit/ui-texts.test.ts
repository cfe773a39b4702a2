import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { PROBLEMS as NAMED } from "../../src/wire/problems.ts";
import { ERRORS, PROBLEMS, TEXTS } from "../../ui/src/texts/es.ts";
import { errorText, type Room } from "../../ui/src/texts/language.ts";

const SOURCE = fileURLToPath(new URL("../../ui/src", import.meta.url));
const COLLECTOR = fileURLToPath(new URL("../../src", import.meta.url));
const ROOMS = Object.keys(TEXTS) as Room[];

/** Every text of a room by the way to it; a function's, with numbers in place of what it is given. */
function textsOf(room: unknown, path = ""): ReadonlyMap<string, string> {
  if (typeof room === "string") return new Map([[path, room]]);
  if (typeof room === "function") {
    const given = Array.from({ length: room.length }, (_, at) => 401 + at);
    return new Map([[path, String(room(...given))]]);
  }
  return new Map(Object.entries(room ?? {}).flatMap(([name, each]) => [...textsOf(each, `${path}.${name}`)]));
}

const placesIn = (text: string): readonly string[] => [...new Set(text.match(/40\d/g))].sort();

describe.each(ROOMS)("%s", (room) => {
  test("has each text in both languages, with the same values in it", async () => {
    const { [room]: made } = (await import(`../../ui/src/texts/en/${room}.ts`)) as Record<string, object>;
    const [english, spanish] = [textsOf(made), textsOf(TEXTS[room])];
    expect([...spanish.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [name, text] of english) {
      expect([name, placesIn(spanish.get(name) ?? "")]).toEqual([name, placesIn(text)]);
      expect([name, text.trim() === ""]).toEqual([name, (spanish.get(name) ?? "").trim() === ""]);
    }
  });
});

/** What is wrong stands in these refusals' own words, or a program reads them. */
const IN_OWN_WORDS = ["bad_request", "peer", "second_step", "upgrade_required"];
/** Codes that are no literals where they are sent: what stands there, and where they come from. */
const COMPUTED = [
  { sent: "outcome", file: "web/session-api.ts", codes: /outcome === "(\w+)"/g },
  { sent: "is", file: "web/blobs-api.ts", codes: /^ {2}(\w+): \{ status:/gm },
  { sent: "kept.is", file: "keeping/keeping.ts", codes: /return \{ is: "(?!kept)(\w+)"/g },
  { sent: "reason", file: "web/fleet-api.ts", codes: /^ {2}"?([\w-]+)"?: "[A-Z]/gm },
] as const;

test("every refusal of the collector has its words in Spanish, and no others have", () => {
  const codeOf = (file: string): string => readFileSync(`${COLLECTOR}/${file}`, "utf8");
  const sent = ["web", "live"]
    .flatMap((room) => filesIn(`${COLLECTOR}/${room}`).map((name) => codeOf(`${room}/${name}`)))
    .flatMap((code) => [...code.matchAll(/\bcode: (?!string)([^,;}\n]+)/g)].map(([, value = ""]) => value.trim()));
  const literals = sent.flatMap((value) => value.match(/(?<=")[\w-]+(?=")/g) ?? []);
  const tables = COMPUTED.flatMap(({ file, codes }) => [...codeOf(file).matchAll(codes)].map(([, code]) => code));
  expect([...new Set([...literals, ...tables])].sort()).toEqual([...Object.keys(ERRORS), ...IN_OWN_WORDS].sort());
  const computed = new Set(sent.filter((value) => !value.includes('"')));
  expect([...computed].sort()).toEqual(COMPUTED.map((each) => each.sent).sort());
});

test("a refusal of an unknown code stays in its own words, whatever the code", () => {
  for (const code of ["", "new_one", "constructor", "toString"]) {
    expect(errorText({ code, message: "Own words" })).toBe("Own words");
    expect(errorText({ message: "Own words", problem: { is: code, values: {} } })).toBe("Own words");
  }
});

test("every problem that the collector names has its words in Spanish, with the same values", () => {
  const valuesIn = (words: string): string[] => [...new Set(words.match(/\{[a-z]+\}/g))].sort();
  const valuesOf = (all: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(all).map(([name, words]) => [name, valuesIn(words)]));
  expect(valuesOf(PROBLEMS)).toEqual(valuesOf(NAMED));
});

describe("in Spanish", () => {
  beforeAll(async () => {
    vi.resetModules();
    vi.stubGlobal("navigator", { languages: ["es-ES"] });
    vi.stubGlobal("document", { documentElement: { lang: "" } });
    const { speak } = await import("../../ui/src/texts/language.ts");
    await speak("es");
  });
  afterAll(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test("a problem is worded with its values, whatever its code is", async () => {
    const { errorText: spanish } = await import("../../ui/src/texts/language.ts");
    const problem = { is: "regex-unclosed-group", values: { at: 4 } };
    expect(spanish({ code: "bad_request", message: "Cannot search", problem })).toMatch(
      /^Carácter 4 .* grupo sin cerrar/,
    );
  });

  test.each([
    [
      "file-denied",
      "The user may not write there: /data/out: Permission denied",
      "El usuario no puede escribir ahí: /data/out: permiso denegado",
    ],
    ["file-denied", "The user may not write there", "El usuario no puede escribir ahí"],
    ["no-such-folder", "", "El nodo no comparte esa carpeta, o no está ahí: agent.toml, [folders.NOMBRE]"],
    [
      "cwd",
      "mlrun: Cannot enter /x: No such file or directory",
      "la carpeta no existe allí, o no tienes acceso: /x: no existe",
    ],
    [
      "files",
      "mlsupervise: Cannot put /x: y: File exists",
      "no se puede dejar un archivo en su sitio: /x: y: ya existe",
    ],
    [
      "start",
      "mlsupervise: Cannot start /usr/bin/mlrun as the user: Permission denied",
      "no se puede iniciar mlrun allí: /usr/bin/mlrun: permiso denegado",
    ],
    [
      "restarted",
      "in place: a, b and 3 more",
      "el nodo se reinició mientras se ejecutaba: en su sitio: a, b and 3 more",
    ],
    ["new-reason", "Words of a newer node", "Words of a newer node"],
    ["", "", ""],
  ])("a node's refusal %s with %o", async (why, text, words) => {
    const { reasonOf } = await import("../../ui/src/run/state-words.ts");
    expect(reasonOf({ why, text })).toBe(words);
  });
});

describe("a time is one of 24 hours", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });
  test.each([
    ["en", "en-US"],
    ["es", "es-MX"],
    ["es", "es-US"],
  ] as const)("in the %s of %s", async (language, own) => {
    vi.resetModules();
    vi.stubGlobal("navigator", { languages: [own] });
    vi.stubGlobal("document", { documentElement: { lang: "" } });
    const { speak } = await import("../../ui/src/texts/language.ts");
    const { localDate } = await import("../../ui/src/local-date.ts");
    await speak(language);
    expect(localDate(new Date(2026, 10, 30, 14, 5, 7).getTime())).toMatch(/ 14:05:07$/);
    expect(localDate(new Date(2026, 10, 30, 0, 5, 7).getTime())).toMatch(/ 00:05:07$/);
  });
});

test("no text stands outside of the languages' own files", () => {
  const files = filesIn(SOURCE);
  const found = files
    .filter((name) => !name.startsWith("texts/"))
    .flatMap((name) => wordsIn(name, readFileSync(`${SOURCE}/${name}`, "utf8")));
  expect(found).toEqual([]);
});

test("the scan finds words in elements, attributes, values and conditions", () => {
  const code = `export const x = (n) => <p title="Some words" class="a b">Hello {n ? "more" : \`\${n} lines\`}</p>;
    const problem = "Choose what to do";`;
  expect(wordsIn("x.tsx", code).map((each) => each.replace(/^x\.tsx: /, ""))).toEqual([
    "Some words",
    "Hello",
    "more",
    "lines",
    "Choose what to do",
  ]);
});

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
}

/** Attributes that a person sees or hears. */
const SHOWN = ["title", "placeholder", "alt", "label", "words", "about", "aria-label", "aria-description"];
/** Names of things, the same in all languages. */
const NAMES =
  /^(marcologger|mlctl|mlrun|mlrun -- |stdout|stderr|err|UTC|Aa|W|JSON|auto|kB|[kMGTP]B|GiB|ms|px|ch|min|uid|\[nodes\."NAME"\] users|select, textarea, dialog\[open\])$/;

interface SyntaxNode {
  readonly type: string;
  readonly value?: unknown;
  readonly name?: { readonly name?: unknown };
  readonly [member: string]: unknown;
}

/** Words that a person would read, in a file's syntax tree: in elements, in their attributes, and whole sentences anywhere. */
function wordsIn(file: string, code: string): readonly string[] {
  const found: string[] = [];
  const take = (text: unknown, isShown: boolean): undefined => {
    if (typeof text !== "string" || !/\p{L}{2}/u.test(text) || NAMES.test(text.trim())) return undefined;
    const isSentence = /^\p{Lu}\p{Ll}* \p{Ll}+ /u.test(text) || /\p{Ll}{2,} \p{Ll}+ \p{Ll}+/u.test(text);
    if (isShown || isSentence) found.push(`${file}: ${text.trim()}`);
    return undefined;
  };
  const visit = (value: unknown, isShown: boolean): undefined => {
    if (Array.isArray(value)) for (const each of value) visit(each, isShown);
    if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
    const node = value as SyntaxNode;
    if (/^(Import|Export(All|Named)Declaration.source|TS(?!As|NonNull|Satisfies))/.test(node.type)) return undefined;
    if (node.type === "JSXText") return take(node.value, true);
    if (node.type === "Literal") return take(node.value, isShown);
    if (node.type === "TemplateElement") return take((node.value as { cooked?: unknown }).cooked, isShown);
    if (node.type === "JSXAttribute") {
      const name = String(node.name?.name);
      return ["class", "rel"].includes(name) ? undefined : visit(node["value"], SHOWN.includes(name));
    }
    for (const [name, child] of Object.entries(node)) visit(child, isShownIn(node, name, isShown));
    return undefined;
  };
  visit(parseSync(file, code).program.body, false);
  return found;
}

/** What stands in an element is shown; what only decides, or is given to a function, is not. */
function isShownIn({ type }: SyntaxNode, member: string, isShown: boolean): boolean {
  if (type === "JSXElement" || type === "JSXFragment") return member === "children";
  if (type === "ConditionalExpression") return isShown && member !== "test";
  const isThrough = ["JSXExpressionContainer", "TemplateLiteral", "LogicalExpression", "ParenthesizedExpression"];
  return isShown && isThrough.includes(type);
}

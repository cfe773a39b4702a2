import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";
import { describe, expect, test } from "vitest";
import { TEXTS } from "../../ui/src/texts/es.ts";
import type { Room } from "../../ui/src/texts/language.ts";

const SOURCE = fileURLToPath(new URL("../../ui/src", import.meta.url));
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

test("no text stands outside of the languages' own files", () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
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

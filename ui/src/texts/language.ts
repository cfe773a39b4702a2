import { type NamedProblem, problemWords } from "../../../src/wire/named-problem.ts";

/** The viewer's languages, each with its own name for itself. */
export const LANGUAGES = { en: "English", es: "Español" } as const;
export type Language = keyof typeof LANGUAGES;

/** Rooms of texts, each loaded with the part of the script that shows it. */
export type Room =
  | "account"
  | "actions"
  | "board"
  | "find"
  | "frame"
  | "head"
  | "inside"
  | "list"
  | "log"
  | "login"
  | "nodes"
  | "run"
  | "search"
  | "tell";

const KEY = "marcologger.language";

/** A refusal, or the end of a search, with its message in English. */
interface Said {
  readonly message: string;
  readonly code?: string;
  readonly problem?: NamedProblem | undefined;
}

const shown = new Map<Room, object>();
let translation: Readonly<Record<Room, object>> | undefined;
let errors: Readonly<Record<string, string>> = {};
let problems: Readonly<Record<string, string>> = {};
let locale = "en-GB";

/** Texts of a room in the page's language, even if that is not known yet. @param english The texts otherwise. */
export function translated<T extends object>(room: Room, english: T): T {
  shown.set(room, english);
  return Object.assign(english, translation?.[room]);
}

/** A refusal in the page's language: by the fault that it names, else by its code, else in the collector's words. */
export function errorText({ code = "", message, problem }: Said): string {
  const words = problem !== undefined && Object.hasOwn(problems, problem.is) ? problems[problem.is] : undefined;
  if (problem !== undefined && words !== undefined) return problemWords(words, problem);
  return Object.hasOwn(errors, code) ? (errors[code] ?? message) : message;
}

/** Makes a formatter when it is first used: only then is the page's language known. */
export function inLocale<T>(make: (locale: string) => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make(locale);
    return made;
  };
}

/** The language chosen here, or the first supported one that the browser requests. */
export function preferredLanguage(): Language {
  const wanted = [storedLanguage(), ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())];
  return wanted.find((tag) => tag === "en" || tag === "es") ?? "en";
}

/** Keeps a choice for the next visits. */
export function storeLanguage(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Only the next visit lacks it.
  }
}

/** The page's language, as chosen or requested. */
export function pageLanguage(): Language {
  return document.documentElement.lang === "es" ? "es" : "en";
}

/** Switches the page to a language. Call before anything is drawn. If it cannot be loaded, the page stays English. */
export async function speak(language: Language): Promise<void> {
  // The browser's variant of the language decides the format of numbers and dates.
  const own = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
  if (language === "en") {
    locale = own;
    return;
  }
  try {
    const spanish = await import("./es.ts");
    translation = spanish.TEXTS;
    errors = spanish.ERRORS;
    problems = spanish.PROBLEMS;
  } catch {
    return;
  }
  locale = own;
  document.documentElement.lang = language;
  for (const [room, texts] of shown) Object.assign(texts, translation[room]);
}

function storedLanguage(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

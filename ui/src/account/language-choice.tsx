import type { JSX } from "preact";
import { account as t } from "../texts/en/account.ts";
import { LANGUAGES, type Language, pageLanguage, storeLanguage } from "../texts/language.ts";

const CHOICES: readonly Language[] = ["en", "es"];

/** The page's language, kept for the next visits of this browser. */
export function LanguageChoice(): JSX.Element {
  const change = (value: string): void => {
    storeLanguage(CHOICES.find((each) => each === value) ?? "en");
    location.reload();
  };
  return (
    <section class="card-section" aria-labelledby="language">
      <h2 id="language">{t.language}</h2>
      <p>
        <select
          aria-labelledby="language"
          value={pageLanguage()}
          onChange={(event) => change(event.currentTarget.value)}
        >
          {CHOICES.map((each) => (
            <option key={each} value={each} lang={each}>
              {LANGUAGES[each]}
            </option>
          ))}
        </select>{" "}
        <span class="quiet">{t.languageWhy}</span>
      </p>
    </section>
  );
}

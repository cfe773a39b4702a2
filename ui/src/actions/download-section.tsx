import type { JSX } from "preact";
import { queryOf } from "../api/json-client.ts";
import { rawLink } from "../api-client.ts";
import { Icon } from "../icon.tsx";
import { actions as t } from "../texts/en/actions.ts";
import type { Thing } from "./thing.ts";

/** Downloads the output as a file. */
export function DownloadSection({ thing }: { readonly thing: Thing }): JSX.Element {
  return (
    <section aria-labelledby="actions-download">
      <h3 id="actions-download">{t.download}</h3>
      <p class="downloads">
        {linksOf(thing).map(([words, href]) => (
          <a key={words} href={href} download>
            <Icon name="download" /> {words}
          </a>
        ))}
      </p>
    </section>
  );
}

function linksOf(thing: Thing): readonly (readonly [words: string, href: string])[] {
  if ("x" in thing) {
    const forms = [
      [t.asPrinted, {}],
      ["stdout", { stream: "stdout" }],
      ["stderr", { stream: "stderr" }],
      [t.asPrintedGzip, { gzip: "1" }],
      [t.timed, { form: "cri" }],
      [t.timedGzip, { form: "cri", gzip: "1" }],
      [t.zip, { form: "zip" }],
    ] as const;
    return forms.map(([words, form]) => [words, rawLink(thing, form)]);
  }
  const { job, run, owner } = thing;
  const forms = [
    [t.oneText, "text"],
    [t.oneTextGzip, "gzip"],
    [t.files, "zip"],
  ] as const;
  return forms.map(([words, form]) => [words, `api/run-download${queryOf({ job, run, owner, form })}`]);
}

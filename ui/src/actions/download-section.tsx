import type { JSX } from "preact";
import { queryOf } from "../api/json-client.ts";
import { rawLink } from "../api-client.ts";
import { Icon } from "../icon.tsx";
import type { Thing } from "./thing.ts";

const FORMS = [
  ["As printed", {}],
  ["stdout", { stream: "stdout" }],
  ["stderr", { stream: "stderr" }],
  ["As printed, gzip", { gzip: "1" }],
  ["With times and streams", { form: "cri" }],
  ["With times and streams, gzip", { form: "cri", gzip: "1" }],
] as const;

const RUN_FORMS = [
  ["One text", "text"],
  ["One text, gzip", "gzip"],
  ["A file for each execution, zip", "zip"],
] as const;

/** What was printed, as a file. */
export function DownloadSection({ thing }: { readonly thing: Thing }): JSX.Element {
  return (
    <section aria-labelledby="actions-download">
      <h3 id="actions-download">Download</h3>
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
    return FORMS.map(([words, form]) => [words, rawLink(thing, form)]);
  }
  const { job, run, owner } = thing;
  return RUN_FORMS.map(([words, form]) => [words, `api/run-download${queryOf({ job, run, owner, form })}`]);
}

import type { JSX } from "preact";
import { queryOf } from "../api/json-client.ts";
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

/** The lines of an execution as a file. */
export function DownloadSection({ thing }: { readonly thing: Extract<Thing, { readonly x: string }> }): JSX.Element {
  const { x, node, owner } = thing;
  return (
    <section aria-labelledby="actions-download">
      <h3 id="actions-download">Download</h3>
      <p class="downloads">
        {FORMS.map(([words, form]) => (
          <a key={words} href={`api/executions/${x}/raw${queryOf({ node, owner, ...form })}`} download>
            <Icon name="download" /> {words}
          </a>
        ))}
      </p>
    </section>
  );
}

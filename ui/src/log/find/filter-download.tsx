import type { JSX } from "preact";
import { queryOf } from "../../api/json-client.ts";
import { Icon } from "../../icon.tsx";
import { find as t } from "../../texts/en/find.ts";
import type { FindRequest } from "./find-request.ts";

/** node:http takes 16 KiB of headers: a search of a thousand named nodes does not fit, and `mlctl` takes it. */
const MAX_ADDRESS_CHARACTERS = 12_000;

/** The lines of a filter as a file, straight from the collector. */
export function FilterDownload({ body }: Pick<FindRequest, "body">): JSX.Element | null {
  const search = JSON.stringify(body);
  const addressOf = (form: string): string => `api/search-text${queryOf({ search, form })}`;
  if (addressOf("timed").length > MAX_ADDRESS_CHARACTERS) return null;
  return (
    <details class="as-command">
      <summary>{t.download}</summary>
      <a href={addressOf("bare")} download>
        <Icon name="download" /> {t.bareText}
      </a>
      <a href={addressOf("timed")} download>
        <Icon name="download" /> {t.timedText}
      </a>
    </details>
  );
}

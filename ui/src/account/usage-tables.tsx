import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import type { Usage } from "../../../src/wire/keeping.ts";
import { formatBytes, formatCount, formatDuration } from "../format.ts";
import { visibleText } from "../text/visible-control.ts";
import { account as t } from "../texts/en/account.ts";
import type { AccountClient } from "./account-client.ts";
import { useAnswer } from "./use-answer.ts";

/** Rows of a table: the largest. */
const SHOWN = 12;

/** The disk space of the user's executions, the quota, and when the collector's disk will be full. */
export function UsageTables({ client, user }: { readonly client: AccountClient; readonly user: string }): JSX.Element {
  const all = useAnswer(useCallback(() => client.usage("user", user), [client, user]));
  const jobs = useAnswer(useCallback(() => client.usage("job", user), [client, user]));
  const days = useAnswer(useCallback(() => client.usage("day", user), [client, user]));
  const { bytes = 0, heldBytes = 0 } = all.value?.usage[0] ?? {};
  const limits = all.value?.limits;
  const newest = [...(days.value?.usage ?? [])].sort((a, b) => (a.name < b.name ? 1 : -1));
  return (
    <section class="card-section" aria-labelledby="usage">
      <h2 id="usage">{t.room}</h2>
      <p role="alert" class="problem">
        {all.problem}
      </p>
      {limits === undefined ? null : (
        <>
          <Share words={t.stored} bytes={bytes} of={limits.bytesPerUser} />
          <Share words={t.kept} bytes={heldBytes} of={limits.heldBytesPerUser} />
          <p>
            {limits.diskFullSeconds === null ? t.notFilling : t.fullIn(formatDuration(limits.diskFullSeconds * 1_000))}
          </p>
        </>
      )}
      <div class="usage-tables">
        <Table title={t.byJob} head={t.job} usage={jobs.value?.usage ?? []} />
        <Table title={t.byDay} head={t.day} usage={newest} />
      </div>
    </section>
  );
}

function Share(props: { readonly words: string; readonly bytes: number; readonly of: number }): JSX.Element {
  const { words, bytes, of } = props;
  return (
    <label class="usage-share">
      <span>{words}</span>
      <meter min={0} max={of} high={of * 0.9} value={bytes} />
      <span>{t.share(formatBytes(bytes), formatBytes(of))}</span>
    </label>
  );
}

function Table(props: {
  readonly title: string;
  readonly head: string;
  readonly usage: readonly Usage[];
}): JSX.Element {
  const { title, head, usage } = props;
  return (
    <table>
      <caption>
        {title}
        {usage.length > SHOWN ? t.shown(SHOWN, formatCount(usage.length)) : ""}
      </caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col">{t.executions}</th>
          <th scope="col">{t.size}</th>
          <th scope="col">{t.kept}</th>
        </tr>
      </thead>
      <tbody>
        {usage.slice(0, SHOWN).map(({ name, executions, bytes, heldBytes }) => (
          <tr key={name}>
            <th scope="row">{visibleText(name)}</th>
            <td>{formatCount(executions)}</td>
            <td>{formatBytes(bytes)}</td>
            <td>{heldBytes === 0 ? "-" : formatBytes(heldBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { UserMismatch } from "../../../src/wire/user-mismatch.ts";
import type { ApiClient } from "../api-client.ts";
import { Icon } from "../icon.tsx";
import { visibleText } from "../text/visible-control.ts";
import { list } from "../texts/en/list.ts";

/** Shows administrators which uids belong to different users here and on a node: the user here sees the other's lines. */
export function UserMismatches({ api }: { readonly api: ApiClient }): JSX.Element | null {
  const [mismatches, setMismatches] = useState<readonly UserMismatch[]>([]);
  useEffect(() => {
    void api.userMismatches().then((answer) => {
      if (answer.ok) setMismatches(answer.value);
    });
  }, [api]);
  if (mismatches.length === 0) return null;
  return (
    <details class="mismatches">
      <summary>
        <Icon name="warning" />
        {list.mismatches(mismatches.length)}
      </summary>
      <p>
        {list.mismatchesWhy} <code>[nodes."NAME"] users</code>.
      </p>
      <ul>
        {mismatches.map(({ node, uid, there, here }) => (
          <li key={`${uid} ${node}`}>{list.mismatch(uid, visibleText(there), node, visibleText(here))}</li>
        ))}
      </ul>
    </details>
  );
}

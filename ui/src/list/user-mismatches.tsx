import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { UserMismatch } from "../../../src/wire/user-mismatch.ts";
import type { ApiClient } from "../api-client.ts";
import { formatCount } from "../format.ts";
import { Icon } from "../icon.tsx";
import { visibleText } from "../text/visible-control.ts";

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
        {mismatches.length === 1 ? "A uid means" : `${formatCount(mismatches.length)} uids mean`} another user on a node
      </summary>
      <p>
        Lines go to the user who has the uid on the collector. Make the uids equal, or say whose they are in
        collector.toml: <code>[nodes."NAME"] users</code>.
      </p>
      <ul>
        {mismatches.map(({ node, uid, there, here }) => (
          <li key={`${uid} ${node}`}>
            uid {uid} is {visibleText(there)} on {node}, and {visibleText(here)} here
          </li>
        ))}
      </ul>
    </details>
  );
}

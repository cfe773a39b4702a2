import { describe } from "vitest";
import { testTwins } from "../../support/twin.ts";

describe("many at once", () => {
  testTwins([
    {
      name: "xargs -P16 of 60: all print, all arrive",
      script: `seq 60 | xargs -P 16 -n 1 "$@" sh -c 'echo $0; exit 0' | sort -n; echo "\${PIPESTATUS[1]}"`,
      shows: /^1\n2\n[\s\S]*60\n0\n$/,
      logs: { executions: 60 },
    },
    {
      name: "a failure among them is xargs's failure",
      script: `seq 4 | xargs -P 2 -n 1 "$@" sh -c '[ $0 != 3 ]'; echo "$?"`,
      shows: /^123\n$/,
    },
    {
      name: "one inside another, three deep",
      script: `"$@" "$@" "$@" sh -c 'echo inner; exit 3'; echo "$?"`,
      shows: /^inner\n3\n$/,
    },
    {
      name: "a pipeline of them",
      script: `"$@" seq 1000 | "$@" grep 7 | "$@" wc -l; echo "\${PIPESTATUS[@]}"`,
      shows: /^271\n0 0 0\n$/,
    },
  ]);
});

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions#grouping-log-lines */
const ACTIONS_HEAD = "::group::";
/** https://buildkite.com/docs/pipelines/configure/managing-log-output: a head, closed or open there at first. */
const BUILDKITE_HEADS = ["--- ", "+++ "];

export function isActionsHead(text: string): boolean {
  return text.startsWith(ACTIONS_HEAD);
}

/** Unless it stands in a diff. */
export function isBuildkiteHead(text: string): boolean {
  return BUILDKITE_HEADS.some((head) => text.startsWith(head)) && text.slice(4).trim() !== "";
}

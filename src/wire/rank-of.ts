/** Which part of a job an execution is: its rank, or its task of an array. */
export function rankOf({ labels }: { readonly labels: Readonly<Record<string, string>> }): string | undefined {
  return labels["rank"] ?? labels["task"];
}

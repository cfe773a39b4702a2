/** A colour for a node, the same at every visit. */
export function hueOf(node: string): number {
  let hash = 7;
  for (let at = 0; at < node.length; at += 1) hash = (hash * 31 + node.charCodeAt(at)) % 65_521;
  return hash % 12;
}

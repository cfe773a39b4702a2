import type { Response } from "express";
import type { AskedNode } from "../wire/fleet/asked-node.ts";
import { beginLines } from "./follow-json.ts";

/**
 * Nodes' answers to a question as lines of JSON, `{"nodes":[...]}` each; a node's last one counts. No more than a
 * question's answers wait for a slow client.
 */
export class AskedLines {
  readonly #response: Response;

  constructor(response: Response) {
    this.#response = response;
  }

  readonly say = (nodes: readonly AskedNode[]): void => {
    if (this.#response.destroyed) return;
    if (!this.#response.headersSent) beginLines(this.#response);
    this.#response.write(`${JSON.stringify({ nodes })}\n`);
  };

  /** @param nodes Final states of all nodes, to name those without an answer. */
  end(nodes: readonly AskedNode[]): void {
    const mute = nodes.filter(({ answer }) => answer === "absent" || answer === "silent");
    if (mute.length > 0) this.say(mute);
    this.#response.end();
  }
}

import type { Response } from "express";
import type { AskedNode } from "../wire/fleet/asked-node.ts";
import { beginLines } from "./follow-json.ts";

/**
 * What nodes say to a question, as lines of JSON: `{"nodes":[...]}` each, where the last of a node counts. Not more than the
 * answers that a question may have waits for a client that reads slowly.
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

  /** @param nodes how all of them have ended: those that have said nothing are still to be named. */
  end(nodes: readonly AskedNode[]): void {
    const mute = nodes.filter(({ answer }) => answer === "absent" || answer === "silent");
    if (mute.length > 0) this.say(mute);
    this.#response.end();
  }
}

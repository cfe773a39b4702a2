import type { Execution, ExecutionPage, LinePage } from "../../src/wire/api.ts";
import { PATIENCE_MS, poll } from "./poll.ts";

/** The API as a browser uses it, with its own cookie and an Origin. */
export class ApiClient {
  readonly origin: string;
  cookie = "";

  constructor(origin: string) {
    this.origin = origin;
  }

  /** Signs in; returns the status. */
  async login(body: { user: string; password: string } | { code: string }): Promise<number> {
    const response = await this.request("/api/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(";")[0] ?? "";
    return response.status;
  }

  request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("origin", this.origin);
    if (this.cookie !== "") headers.set("cookie", this.cookie);
    return fetch(`${this.origin}${path}`, { ...init, headers });
  }

  async json<T>(path: string): Promise<T> {
    const response = await this.request(path);
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  async executions(query = ""): Promise<readonly Execution[]> {
    return (await this.json<ExecutionPage>(`/api/executions?${query}`)).executions;
  }

  lines(x: string, from = 1, limit = 5_000): Promise<LinePage> {
    return this.json<LinePage>(`/api/executions/${x}/lines?from=${from}&limit=${limit}`);
  }

  async raw(x: string, query = ""): Promise<Buffer> {
    const response = await this.request(`/api/executions/${x}/raw?${query}`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** Resolves to the only execution that this user sees, once it meets the condition. */
  untilExecution(
    what: string,
    isWanted: (execution: Execution) => boolean,
    withinMs = PATIENCE_MS,
  ): Promise<Execution> {
    return poll(`an execution that is ${what}`, async () => (await this.executions()).find(isWanted), withinMs);
  }
}

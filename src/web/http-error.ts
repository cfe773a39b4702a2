import type { ErrorRequestHandler } from "express";
import type { Log } from "../host/log.ts";
import type { ApiError } from "../wire/api-error.ts";
import type { NamedProblem } from "../wire/named-problem.ts";
import { SeveralOwnersError } from "../wire/several-owners-error.ts";

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  readonly owners?: readonly string[];
  readonly problem?: NamedProblem | undefined;
}

interface Told {
  readonly code: string;
  readonly message: string;
  readonly owners?: readonly string[] | undefined;
  readonly problem?: NamedProblem | undefined;
}

/** A refusal in the API's form: `{"error":{"code","message"}}`. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  readonly owners: readonly string[] | undefined;
  readonly problem: NamedProblem | undefined;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.status = refusal.status;
    this.code = refusal.code;
    this.retryAfterSeconds = refusal.retryAfterSeconds;
    this.owners = refusal.owners;
    this.problem = refusal.problem;
  }
}

/** Refuses both a foreign execution and a missing one, so that they look alike. */
export function notFound(what = "execution"): HttpError {
  return new HttpError({ status: 404, code: "not_found", message: `There is no such ${what}` });
}

export function signInFirst(): HttpError {
  return new HttpError({ status: 401, code: "unauthorized", message: "Sign in first" });
}

export function tooMany(message: string): HttpError {
  return new HttpError({ status: 429, code: "too_many", message });
}

export function badRequest(message: string, problem?: NamedProblem): HttpError {
  return new HttpError({ status: 400, code: "bad_request", message, problem });
}

export function apiError({ code, message, owners, problem }: Told): ApiError {
  const named = problem === undefined ? { code, message } : { code, message, problem };
  return { error: owners === undefined ? named : { ...named, owners } };
}

/** Answers errors thrown by handlers. Unexpected ones are logged, and answered as `internal`. */
export function answerErrors(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = refusalOf(thrown);
    if (error === undefined) log.event("error", "cannot answer", { method: request.method, error: String(thrown) });
    if (response.headersSent) {
      // The client must see that the answer is incomplete.
      response.destroy();
      return;
    }
    const refusal =
      error ?? new HttpError({ status: 500, code: "internal", message: "The collector failed: see its log" });
    if (refusal.retryAfterSeconds !== undefined) response.set("Retry-After", String(refusal.retryAfterSeconds));
    response.status(refusal.status).json(apiError(refusal));
  };
}

/** Our own refusals, and those of express and its body parser, which carry a status. */
function refusalOf(thrown: unknown): HttpError | undefined {
  if (thrown instanceof HttpError) return thrown;
  if (thrown instanceof SeveralOwnersError) {
    const { message, owners } = thrown;
    return new HttpError({ status: 409, code: "several_owners", message, owners });
  }
  if (!(thrown instanceof Error) || !("status" in thrown) || typeof thrown.status !== "number") return undefined;
  if (thrown.status < 400 || thrown.status > 499) return undefined;
  if (thrown.status === 404) return notFound("page");
  const tooLarge = thrown.status === 413;
  // Not its own message: a parser quotes the body, which may hold a password.
  const message = tooLarge ? "The body is too large" : "The request cannot be understood";
  return new HttpError({ status: thrown.status, code: tooLarge ? "too_large" : "bad_request", message });
}

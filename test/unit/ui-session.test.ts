import { describe, expect, test } from "vitest";
import type { Answer, Refusal } from "../../ui/src/api/json-client.ts";
import { Session } from "../../ui/src/session.ts";

const DONE = { ok: true, value: true } as const;
const ME = { ok: true, value: { user: "alice", admin: false } } as const;

function refused(status: number, message: string, retryAfterSeconds?: number): Refusal {
  return { ok: false, status, code: "", message, retryAfterSeconds };
}

async function signedIn(): Promise<Session> {
  const session = new Session();
  await session.refresh({ me: async () => ME });
  return session;
}

describe("signing out", () => {
  test.each<[string, Answer<true>]>([
    ["the collector says so", DONE],
    ["there is no session any more", refused(401, "Sign in first")],
  ])("is done when %s", async (_, answer) => {
    const session = await signedIn();
    await session.leave({ logout: async () => answer });
    expect(session.state).toEqual({ is: "signed-out", reason: undefined });
  });

  test("is not done when refused or undelivered, and says so until it is", async () => {
    const session = await signedIn();
    await session.leave({ logout: async () => refused(500, "It is broken") });
    expect([session.state.is, session.signOutProblem]).toEqual(["signed-in", "It is broken"]);
    await session.leave({ logout: async () => DONE });
    expect([session.state.is, session.signOutProblem]).toEqual(["signed-out", undefined]);
  });
});

describe("ending all sessions", () => {
  const everywhere = { everywhere: true };

  test("is tried again as such, not as signing out here", async () => {
    const session = await signedIn();
    await session.leave({ logout: async () => refused(500, "It is broken") }, everywhere);
    const asked: unknown[] = [];
    await session.leaveAgain({
      logout: async (where) => {
        asked.push(where);
        return DONE;
      },
    });
    expect([session.state.is, asked]).toEqual(["signed-out", [everywhere]]);
  });

  test("is not done when this session had ended before: the others go on", async () => {
    const session = await signedIn();
    await session.leave({ logout: async () => refused(401, "Sign in first") }, everywhere);
    expect(session.state).toMatchObject({ is: "signed-out", reason: expect.stringContaining("to end the others") });
  });
});

test.each([
  [refused(401, "User or password is wrong"), "This sign-in link has been used or has expired."],
  [
    refused(429, "Too many attempts", 42),
    "This sign-in link could not be used: Too many attempts. Open it again in 42 s.",
  ],
  [refused(503, "Passwords cannot be checked"), "could not be used: Passwords cannot be checked. Open it again later."],
  [refused(0, "The collector cannot be reached"), "could not be used: The collector cannot be reached."],
])("calls a sign-in link spent only when the collector says so: %j", async (answer, words) => {
  const session = new Session();
  await session.begin({ login: async () => answer, me: async () => refused(401, "Sign in first") }, "code");
  expect(session.state).toMatchObject({ is: "signed-out", reason: expect.stringContaining(words) });
});

test("distinguishes a collector that answers from one that is away, until the connection returns", async () => {
  const session = await signedIn();
  session.connection("waiting");
  await session.liveRefused({ me: async () => ME });
  expect(session.isLiveRefused).toBe(true);
  await session.liveRefused({ me: async () => refused(0, "The collector cannot be reached") });
  expect(session.isLiveRefused).toBe(false);
  await session.liveRefused({ me: async () => ME });
  session.connection("connected");
  expect(session.isLiveRefused).toBe(false);
});

import { translated } from "../language.ts";

export const login = translated("login", {
  lead: "Sign in with your account on this machine.",
  user: "User",
  password: "Password",
  capsLock: "Caps Lock is on",
  tryAgainIn: (seconds: number) => ` Try again in ${seconds} s.`,
  checking: "Checking…",
  signIn: "Sign in",
  wrong: "User or password is wrong.",
  tooMany: "Too many attempts.",
  unreached: "The collector cannot be reached. Check the network and try again.",
  unavailable: "Signing in is not possible at the moment: the password service does not answer.",
});

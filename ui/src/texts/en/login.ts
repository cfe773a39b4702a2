import { translated } from "../language.ts";

export const login = translated("login", {
  lead: "Sign in with your account on this machine.",
  user: "User",
  password: "Password",
  capsLock: "Caps Lock is on",
  tryAgainIn: (seconds: number) => ` Try again in ${seconds} s.`,
  checking: "Checking…",
  signIn: "Sign in",
  /** Usual prompts of PAM modules, by their own words. */
  prompts: {
    code: "Code",
    "current password": "Current password",
    "first factor": "First factor",
    "new password": "New password",
    "one-time password": "One-time password",
    "one-time password (oath)": "One-time password",
    otp: "One-time password",
    passcode: "Passcode",
    password: "Password",
    "password & verification code": "Password and verification code, one after the other",
    pin: "PIN",
    "retype new password": "New password, once more",
    "second factor": "Second factor",
    "second factor (optional)": "Second factor, if you have one",
    token: "Token",
    "verification code": "Verification code",
  },
  wrong: "User or password is wrong.",
  tooMany: "Too many attempts.",
  unreached: "The collector cannot be reached. Check the network and try again.",
  unavailable: "Signing in is not possible at the moment: the password service does not answer.",
});

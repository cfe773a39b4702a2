import { account } from "./es/account.ts";
import { actions } from "./es/actions.ts";
import { board } from "./es/board.ts";
import { errors } from "./es/errors.ts";
import { find } from "./es/find.ts";
import { frame } from "./es/frame.ts";
import { head } from "./es/head.ts";
import { inside } from "./es/inside.ts";
import { list } from "./es/list.ts";
import { log } from "./es/log.ts";
import { login } from "./es/login.ts";
import { nodes } from "./es/nodes.ts";
import { problems } from "./es/problems.ts";
import { run } from "./es/run.ts";
import { search } from "./es/search.ts";
import { tell } from "./es/tell.ts";
import type { Room } from "./language.ts";

/** All Spanish texts: a separate part of the script, loaded only if chosen. */
export const TEXTS: Readonly<Record<Room, object>> = {
  ...{ account, actions, board, find, frame, head, inside, list },
  ...{ log, login, nodes, run, search, tell },
};
export const ERRORS = errors;
export const PROBLEMS = problems;

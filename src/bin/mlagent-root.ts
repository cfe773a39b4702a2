#!/usr/bin/env node
import { refuseOldNode } from "./node-floor.ts";

refuseOldNode("mlagent-root", 2);
void import("./mlagent-root-main.ts");

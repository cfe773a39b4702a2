#!/usr/bin/env node
import { refuseOldNode } from "./node-floor.ts";

refuseOldNode("mlagent", 2);
void import("./mlagent-main.ts");

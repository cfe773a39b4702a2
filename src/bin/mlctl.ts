#!/usr/bin/env node
import { refuseOldNode } from "./node-floor.ts";

refuseOldNode("mlctl", 1);
/** Made of mlctl-main.ts by mlctl.vite.ts. */
const bundle = "./mlctl-main.mjs";
void import(bundle);

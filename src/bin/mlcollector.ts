#!/usr/bin/env node
import { refuseOldNode } from "./node-floor.ts";

// As for an invalid configuration: systemd does not restart it.
refuseOldNode("mlcollector", 2);
/** Made of mlcollector-main.ts by mlcollector.vite.ts. */
const bundle = "./mlcollector-main.mjs";
void import(bundle);

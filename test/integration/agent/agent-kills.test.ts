import { fleetKills } from "../../soak/fleet-kills.ts";
import { testInShort } from "../../soak/in-short.ts";

testInShort([fleetKills]);

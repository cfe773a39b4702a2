import { fleetKills } from "../../soak/fleet-kills.ts";
import { fleetUnitKills } from "../../soak/fleet-unit-kills.ts";
import { testInShort } from "../../soak/in-short.ts";

testInShort([fleetKills, fleetUnitKills]);

import { fleetKills } from "../../soak/fleet-kills.ts";
import { fleetRandomKills } from "../../soak/fleet-random-kills.ts";
import { fleetUnitKills } from "../../soak/fleet-unit-kills.ts";
import { testInShort } from "../../soak/in-short.ts";

testInShort([fleetKills, fleetUnitKills, fleetRandomKills]);

import { testInShort } from "../../soak/in-short.ts";
import { relayFaults } from "../../soak/relay-faults.ts";

testInShort(relayFaults);

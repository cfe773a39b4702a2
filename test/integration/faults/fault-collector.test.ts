import { collectorFaults } from "../../soak/collector-faults.ts";
import { testInShort } from "../../soak/in-short.ts";

testInShort(collectorFaults);

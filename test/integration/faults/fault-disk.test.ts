import { diskFaults } from "../../soak/disk-faults.ts";
import { testInShort } from "../../soak/in-short.ts";

testInShort(diskFaults);

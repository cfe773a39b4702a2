import { testInShort } from "../../soak/in-short.ts";
import { linkFaults } from "../../soak/link-fault.ts";
import { networkFaults } from "../../soak/network-faults.ts";

testInShort([...networkFaults, ...linkFaults]);

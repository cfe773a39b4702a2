import { gateMoments } from "../../soak/gate-moments.ts";
import { testInShort } from "../../soak/in-short.ts";

testInShort(gateMoments);

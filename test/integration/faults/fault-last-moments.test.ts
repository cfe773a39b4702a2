import { testInShort } from "../../soak/in-short.ts";
import { lastMoments } from "../../soak/last-moments.ts";

testInShort(lastMoments);

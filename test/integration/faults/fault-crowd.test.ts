import { crowds } from "../../soak/crowd.ts";
import { testInShort } from "../../soak/in-short.ts";

testInShort(crowds);

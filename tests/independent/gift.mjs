/** Reads GIFT from standard input with a parser that shares no code with ours; prints JSON. */
import { readFileSync } from "node:fs";
import gift from "gift-pegjs";

console.log(JSON.stringify(gift.parse(readFileSync(0, "utf-8"))));

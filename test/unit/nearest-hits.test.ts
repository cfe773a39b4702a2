import fc from "fast-check";
import { expect, test } from "vitest";
import { type HitPlace, NearestHits } from "../../src/search/nearest-hits.ts";
import type { SearchEvent } from "../../src/wire/search-event.ts";

const place = fc.record({
  time: fc.nat(3).map((second) => `2026-11-20T04:17:0${second}.000000Z`),
  x: fc.constantFrom("A", "B", "C"),
  n: fc.integer({ min: 1, max: 4 }),
});

const hitOf = ({ x, n, time }: HitPlace): SearchEvent => ({
  ...{ t: "hit", node: "n", owner: "o", stream: "stdout", text: "", at: [], lastN: n },
  ...{ x, n, time },
});

const keyOf = ({ time, x, n }: HitPlace) => `${time} ${x} ${n}`;

test("keeps the nearest hits of a side, whatever the order in which they come", () => {
  const beside = fc.oneof(place, fc.record({ time: place.map(({ time }) => time) }));
  const hits = fc.uniqueArray(place, { selector: keyOf, maxLength: 40 });
  const direction = fc.constantFrom("next" as const, "previous" as const);
  fc.assert(
    fc.property(hits, beside, direction, fc.integer({ min: 1, max: 5 }), (all, at, towards, limit) => {
      const nearest = new NearestHits({ place: at, direction: towards, limit });
      for (const each of all) nearest.add(each, () => hitOf(each));
      const isBehind = (each: HitPlace) => ("x" in at ? keyOf(each) > keyOf(at) : each.time >= at.time);
      const isItself = (each: HitPlace) => "x" in at && keyOf(each) === keyOf(at);
      const onSide = all.filter((each) => !isItself(each) && isBehind(each) === (towards === "next"));
      const inOrder = onSide.map(keyOf).sort();
      const wanted = (towards === "next" ? inOrder : inOrder.reverse()).slice(0, limit);
      expect(nearest.isMore).toBe(onSide.length > limit);
      expect(nearest.take().map((hit) => (hit.t === "hit" ? keyOf(hit) : ""))).toEqual(wanted);
    }),
  );
});

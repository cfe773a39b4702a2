import { describe, expect, test } from "vitest";
import { FairPlaces } from "../../src/host/fair-places.ts";

function placesOf(places: number, placesPerHolder: number, busy: ReadonlySet<string> = new Set()) {
  return new FairPlaces<string>({ places, placesPerHolder, isIdle: (occupant) => !busy.has(occupant) });
}

const IN = { isIn: true, displaced: undefined };
const OUT = { isIn: false, displaced: undefined };

describe("a holder at its own limit", () => {
  test("displaces its oldest idle occupant", () => {
    const places = placesOf(100, 2, new Set(["a1"]));
    expect([places.enter("a", "a1"), places.enter("a", "a2")]).toEqual([IN, IN]);
    expect(places.enter("a", "a3")).toEqual({ isIn: true, displaced: "a2" });
    expect(places.taken).toBe(2);
  });

  test("is refused when its own are busy, even if others are idle", () => {
    const places = placesOf(100, 2, new Set(["a1", "a2"]));
    places.enter("a", "a1");
    places.enter("a", "a2");
    expect(places.enter("a", "a3")).toEqual(OUT);
    expect(places.enter("b", "b1")).toEqual(IN);
  });
});

describe("when all places are taken", () => {
  test("the largest holder gives up its oldest place, idle before busy, to each smaller holder", () => {
    const places = placesOf(4, 4, new Set(["a1", "a3", "a4"]));
    for (const occupant of ["a1", "a2", "a3", "a4"]) places.enter("a", occupant);
    expect(places.enter("b", "b1")).toEqual({ isIn: true, displaced: "a2" });
    expect(places.enter("c", "c1")).toEqual({ isIn: true, displaced: "a1" });
    // Two for a and one each for b and c is the fairest split.
    expect(places.enter("d", "d1")).toEqual({ isIn: true, displaced: "a3" });
    expect(places.enter("e", "e1")).toEqual(OUT);
    expect(places.taken).toBe(4);
  });

  test("the largest holder displaces only its own", () => {
    const places = placesOf(4, 4);
    for (const occupant of ["b1", "a1", "a2", "a3"]) places.enter(occupant.slice(0, 1), occupant);
    expect(places.enter("a", "a4")).toEqual({ isIn: true, displaced: "a1" });
  });

  test("strangers with one place each make room for a known holder, not for another stranger", () => {
    const places = placesOf(3, 3);
    places.confirm("friend");
    for (const stranger of ["x", "y", "z"]) places.enter(stranger, `${stranger}1`);
    expect(places.enter("new", "new1")).toEqual(OUT);
    expect(places.enter("friend", "friend1")).toEqual({ isIn: true, displaced: "x1" });
  });
});

test("a returned place is free, and returning it twice frees no other", () => {
  const places = placesOf(1, 1);
  places.enter("a", "a1");
  places.leave("a", "a1");
  places.leave("a", "a1");
  expect(places.taken).toBe(0);
  expect(places.enter("b", "b1")).toEqual(IN);
  expect(places.enter("c", "c1")).toEqual(OUT);
});

import { expect, test } from "vitest";
import { QuietRelays, TurnAllowance } from "../../src/ingest/session/turn-allowance.ts";

const FLOOD_BYTES = 2_000_000;

function relays(count: number) {
  const clock = { nowMs: 10_000 };
  const quietRelays = new QuietRelays();
  return { clock, shares: Array.from({ length: count }, () => new TurnAllowance(quietRelays, () => clock.nowMs)) };
}

test("a lone relay may use the whole turn", () => {
  const [flood] = relays(1).shares;
  flood?.take(FLOOD_BYTES);
  expect(flood?.isUsedUp).toBe(false);
});

test("a flood yields while another relay sends little, and for a while after", () => {
  const { clock, shares } = relays(2);
  const [flood, quiet] = shares;
  quiet?.take(200);
  quiet?.renew();
  flood?.take(1_000);
  expect(flood?.isUsedUp).toBe(false);
  flood?.take(FLOOD_BYTES);
  expect(flood?.isUsedUp).toBe(true);
  expect(quiet?.isUsedUp).toBe(false);
  flood?.renew();
  expect(flood?.isUsedUp).toBe(false);
  clock.nowMs += 101;
  flood?.take(FLOOD_BYTES);
  expect(flood?.isUsedUp).toBe(false);
});

test("relays that flood alike do not cut each other's batches", () => {
  const { clock, shares } = relays(2);
  const [one, other] = shares;
  for (let turn = 0; turn < 3; turn += 1) {
    one?.take(FLOOD_BYTES);
    other?.take(FLOOD_BYTES);
    expect(one?.isUsedUp).toBe(false);
    expect(other?.isUsedUp).toBe(false);
    one?.renew();
    other?.renew();
    clock.nowMs += 10;
  }
  // A relay that ends its burst does not count as quiet.
  other?.take(500);
  other?.renew();
  one?.take(FLOOD_BYTES);
  expect(one?.isUsedUp).toBe(false);
});

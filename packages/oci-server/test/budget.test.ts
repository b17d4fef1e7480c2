import { describe, expect, it } from "vitest";

import { Budget } from "../src/limits/budget.ts";
import { clientKey } from "../src/limits/client-key.ts";
import { Gate } from "../src/limits/gate.ts";
import { completeLimits } from "../src/settings/options.ts";
import { Patience } from "../src/http/patience.ts";

const MIB = 1024 * 1024;
const tooMany: unknown = expect.objectContaining({ status: 429, code: "TOOMANYREQUESTS" });

describe("a request's lease of memory", () => {
  it("is returned once when it ends", () => {
    const budget = new Budget(completeLimits({ maxRequests: 1, maxUploads: 1, maxHeldBytes: 200 }));
    for (let i = 0; i < 3; i += 1) {
      const lease = budget.enter("a");
      lease.receive();
      lease.hold(100);
      expect(() => {
        lease.hold(1);
      }).toThrow(tooMany);
      expect(() => budget.enter("b")).toThrow(tooMany);
      lease.end();
      lease.end();
      expect(() => {
        lease.hold(1);
      }).toThrow(tooMany);
    }
  });

  it("counts for another client once the client is identified", () => {
    const budget = new Budget(completeLimits({ maxRequests: 4, clientPercent: 50 }));
    const leases = [1, 2].map(() => budget.enter("address"));
    expect(() => budget.enter("address")).toThrow(tooMany);
    leases[0]?.moveTo("client");
    expect(leases[0]?.client).toBe("client");
    expect(budget.requests.takenBy("address")).toBe(1);
    for (const lease of leases) lease.end();
    expect([budget.requests.used, budget.requests.takenBy("client")]).toEqual([0, 0]);
  });

  it("has large buffers while memory is plentiful, then small ones, then none, and little for content known to be small", () => {
    const budget = new Budget(completeLimits({ maxHeldBytes: 5 * MIB, clientPercent: 100 }));
    const lease = budget.enter("a");
    expect([lease.holdBuffers(), lease.holdBuffers(), lease.holdBuffers(10)]).toEqual([MIB, 16 * 1024, 10]);
    expect(() => {
      for (;;) lease.holdBuffers();
    }).toThrow(tooMany);
  });

  it("stops no small request if large ones use all memory for large pieces", () => {
    const budget = new Budget(completeLimits({ maxHeldBytes: 4 * MIB, clientPercent: 100 }));
    budget.enter("a").hold(2 * MIB);
    const lease = budget.enter("a");
    expect(() => {
      lease.hold(MIB);
    }).toThrow(tooMany);
    lease.hold(1000);
  });
});

describe("the client that a request counts for", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002:ffff::", "2001:db8:1:2::/64"],
    ["2001:db8::7", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ])("at %s is %s", (address, key) => {
    expect(clientKey(address)).toBe(key);
  });
});

describe("patience with a client", () => {
  it("lasts while content arrives fast enough, and never exceeds the window", () => {
    const patience = new Patience({ rateWindowMs: 1000, minBytesPerSecond: 100 });
    for (let i = 0; i < 100; i += 1) patience.waited(1000, 100);
    expect(patience.leftFor(0)).toBe(1000);
    patience.waited(1, 1_000_000);
    expect(patience.leftFor(0)).toBe(1000);
    patience.waited(600, 10);
    expect([patience.leftFor(0), patience.leftFor(50)]).toEqual([500, 1000]);
    for (let i = 0; i < 5; i += 1) patience.waited(1000, 90);
    expect(patience.leftFor(0)).toBe(0);
  });
});

describe("a gate for work", () => {
  it("admits what fits, the rest in order, and work larger than the gate alone", async () => {
    const gate = new Gate(10);
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const run = (name: string, bytes: number): Promise<void> => {
      const work = (): Promise<void> => {
        order.push(name);
        return new Promise((resolve) => ends.push(resolve));
      };
      return gate.run(bytes, new AbortController().signal, work);
    };
    const all = [run("a", 6), run("b", 4), run("c", 20), run("d", 1)];
    expect(order).toEqual(["a", "b"]);
    for (let i = 0; i < 4; i += 1) {
      await expect.poll(() => ends[i]).toBeDefined();
      ends[i]?.();
      await all[i];
    }
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  it("drops waiting work whose client has disconnected, and continues", async () => {
    const gate = new Gate(10);
    let end = (): void => undefined;
    const first = gate.run(
      10,
      new AbortController().signal,
      () => new Promise<void>((resolve) => (end = resolve)),
    );
    const controller = new AbortController();
    const gone = gate.run(10, controller.signal, async () => "begun");
    const last = gate.run(10, new AbortController().signal, async () => "done");
    controller.abort(new Error("gone"));
    await expect(gone).rejects.toThrow("gone");
    await expect(gate.run(1, controller.signal, async () => "begun")).rejects.toThrow("gone");
    end();
    await first;
    expect(await last).toBe("done");
    await expect(
      gate.run(10, new AbortController().signal, () => Promise.reject(new Error("failed"))),
    ).rejects.toThrow("failed");
    expect(await gate.run(10, new AbortController().signal, async () => "again")).toBe("again");
  });
});

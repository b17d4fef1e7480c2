import { describe, expect, it } from "vitest";

import { Workers } from "../../src/copy/workers.ts";

/** A call that ends when the test ends it. */
interface Running {
  readonly item: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Runs the items from 1 to `count`, and returns the calls that have begun. */
function start(
  workers: Workers,
  count: number,
): { readonly running: Running[]; readonly end: Promise<void> } {
  const running: Running[] = [];
  const items = Array.from({ length: count }, (_, i) => i + 1);
  const end = workers.each(
    items,
    (item) => new Promise<void>((resolve, reject) => running.push({ item, resolve, reject })),
  );
  return { running, end };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("Workers", () => {
  it("run a limited number of calls at once, and begin the next when one ends", async () => {
    const { running, end } = start(new Workers(2, undefined), 4);
    expect(running.map(({ item }) => item)).toEqual([1, 2]);
    running[1]?.resolve();
    await settle();
    expect(running.map(({ item }) => item)).toEqual([1, 2, 3]);
    running[0]?.resolve();
    running[2]?.resolve();
    await settle();
    running[3]?.resolve();
    await end;
  });

  it("resolve at once without items", async () => {
    await start(new Workers(2, undefined), 0).end;
  });

  it("reject with the first failure, after the running calls have ended", async () => {
    const workers = new Workers(3, undefined);
    const { running, end } = start(workers, 9);
    let isOver = false;
    const result = end.catch((error: unknown) => {
      isOver = true;
      return error;
    });
    const [first, second] = [new Error("first"), new Error("second")];
    running[1]?.reject(first);
    await settle();
    expect([workers.signal.aborted, workers.signal.reason, isOver]).toEqual([true, first, false]);
    running[0]?.reject(second);
    running[2]?.resolve();
    expect(await result).toBe(first);
    expect(running).toHaveLength(3);
  });

  it("reject a later run after a failure", async () => {
    const workers = new Workers(1, undefined);
    await expect(workers.each([1], () => Promise.reject(new Error("first")))).rejects.toThrow("first");
    const { running, end } = start(workers, 1);
    await expect(end).rejects.toThrow("first");
    expect(running).toEqual([]);
  });

  it("reject with the reason of the caller's signal, and begin no other call", async () => {
    const controller = new AbortController();
    const { running, end } = start(new Workers(2, controller.signal), 9);
    controller.abort("stop");
    running[0]?.resolve();
    running[1]?.reject(new Error("as the signal is aborted"));
    await expect(end).rejects.toBe("stop");
    expect(running).toHaveLength(2);
  });

  it("cannot be created with an aborted signal", () => {
    expect(() => new Workers(1, AbortSignal.abort(new Error("before")))).toThrow("before");
  });

  it("abort their own signal when they are closed, and no longer follow the caller's", () => {
    const controller = new AbortController();
    const workers = new Workers(1, controller.signal);
    expect(workers.signal.aborted).toBe(false);
    workers.close();
    controller.abort("late");
    expect(workers.signal.reason).toMatchObject({ message: "the copy has ended" });
  });
});

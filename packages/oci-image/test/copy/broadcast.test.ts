import { probe } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { broadcast, type Consumer } from "../../src/copy/broadcast.ts";

const chunk = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const chunks = [chunk(1), chunk(2, 3), chunk(4)];

/** Reads everything. */
async function read(content: Consumer["content"] | undefined): Promise<number[]> {
  const all: number[] = [];
  for await (const one of content ?? []) all.push(...one);
  return all;
}

/** Waits until everything that can happen has happened. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("broadcast", () => {
  it.each([1, 2, 5])("gives the content to each of %d consumers, and reads it once", async (count) => {
    const source = probe(chunks);
    const consumers = broadcast(source, count);
    const all = await Promise.all(consumers.map(({ content }) => read(content)));
    expect(all).toEqual(Array.from({ length: count }, () => [1, 2, 3, 4]));
    expect(source.log).toEqual(["next", "next", "next", "next"]);
  });

  it("reads nothing before all consumers want a chunk", async () => {
    const source = probe(chunks);
    const [one, two] = broadcast(source, 2).map(({ content }) => content[Symbol.asyncIterator]());
    const first = one?.next();
    await settle();
    expect(source.log).toEqual([]);
    const second = two?.next();
    expect([await first, await second]).toEqual([
      { done: false, value: chunk(1) },
      { done: false, value: chunk(1) },
    ]);
    void one?.next();
    await settle();
    expect(source.log).toEqual(["next"]);
  });

  it("does not wait for a consumer that left", async () => {
    const source = probe(chunks);
    const [one, two, three] = broadcast(source, 3);
    const all = read(one?.content);
    await two?.leave();
    await settle();
    expect(source.log).toEqual([]);
    await three?.leave();
    expect(await all).toEqual([1, 2, 3, 4]);
  });

  it("does not wait for a consumer whose loop ended early", async () => {
    const [one, two] = broadcast(probe(chunks), 2);
    const all = read(one?.content);
    for await (const first of two?.content ?? []) {
      expect(first).toEqual(chunk(1));
      break;
    }
    expect(await all).toEqual([1, 2, 3, 4]);
  });

  it("ends a pending read of a consumer that leaves, and the others get the chunk", async () => {
    const [one, two] = broadcast(probe(chunks), 2);
    const iterator = one?.content[Symbol.asyncIterator]();
    const pending = iterator?.next();
    await one?.leave();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await read(two?.content)).toEqual([1, 2, 3, 4]);
  });

  it("reads the next chunk once if a consumer leaves while it is read", async () => {
    const source = probe(chunks);
    const [one, two] = broadcast(source, 2);
    const [left, stays] = [one, two].map((it) => it?.content[Symbol.asyncIterator]());
    const [, first] = [left?.next(), stays?.next()];
    await one?.leave();
    expect(await first).toEqual({ done: false, value: chunk(1) });
    expect(source.log).toEqual(["next"]);
    expect(await stays?.next()).toEqual({ done: false, value: chunk(2, 3) });
  });

  it("gives nothing to a consumer that left, and reads no chunk for it", async () => {
    const source = probe(chunks);
    const [one, two] = broadcast(source, 2);
    await one?.leave();
    expect(await one?.content[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    await settle();
    expect(source.log).toEqual([]);
    expect(await read(two?.content)).toEqual([1, 2, 3, 4]);
  });

  it("returns the source when the last consumer leaves, once", async () => {
    const source = probe(chunks);
    const [one, two] = broadcast(source, 2);
    await one?.leave();
    await one?.leave();
    expect(source.log).toEqual([]);
    await two?.leave();
    await two?.leave();
    expect(source.log).toEqual(["return"]);
  });

  it("lets the last consumer leave while the source does not answer", async () => {
    const source = probe([], true);
    Object.assign(source, { return: () => new Promise(() => undefined) });
    const [one] = broadcast(source, 1);
    const pending = one?.content[Symbol.asyncIterator]().next();
    await one?.leave();
    expect(await pending).toMatchObject({ done: true });
  });

  it("ignores an error of the source that occurs when it is returned", async () => {
    const source = probe(chunks);
    Object.assign(source, { return: () => Promise.reject(new Error("late")) });
    const [one] = broadcast(source, 1);
    expect(await one?.leave()).toEqual({ done: true, value: undefined });
    await settle();
  });

  it("gives an error of the source to every consumer", async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void, undefined> {
      yield chunk(1);
      throw new Error("broken");
    }
    const reads = broadcast(broken(), 3).map(({ content }) => read(content));
    for (const { status, ...result } of await Promise.allSettled(reads))
      expect([status, result]).toEqual(["rejected", { reason: new Error("broken") }]);
  });

  it("accepts a source that cannot be returned", async () => {
    const next = (): Promise<IteratorResult<Uint8Array>> => Promise.resolve({ done: true, value: undefined });
    const [one] = broadcast({ [Symbol.asyncIterator]: () => ({ next }) }, 1);
    expect(await read(one?.content)).toEqual([]);
    await one?.leave();
  });
});

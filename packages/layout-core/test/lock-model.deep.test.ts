import { describe, expect, it } from "vitest";

/**
 * The lock's protocol as steps between which anything may happen, tried in every order: processes that acquire, take
 * over, pause and crash. What they do under the lock is to read a counter and to write one more; a write that is not one
 * more than what is there loses an update.
 *
 * The steps are those of `take` and `takeOver` in `fs/lock.ts`: each is one system call.
 *
 * Where deaths cannot be seen (`watch`), time passes, too: between two ticks every living holder gives a sign of life, so that
 * its file does not stay as it is, and a waiter takes over from a file that it saw unchanged for long enough.
 */

/** What a process does to get one file: the lock or, to take over from a dead holder, a claim. */
interface Frame {
  readonly path: string;
  /** The name of this acquisition: what is written in the file. */
  readonly nonce: string;
  readonly stage: string;
  /** Whose file it was when it was read. */
  readonly found?: string | undefined;
  /** The state of that file: a sign of life changes it. */
  readonly stamp?: string | undefined;
}

interface Process {
  readonly stack: readonly Frame[];
  readonly phase: "acquiring" | "locked" | "read" | "checked" | "written" | "releasing" | "done" | "dead";
  readonly value: number;
  /** When it died. */
  readonly diedAt?: number;
  /** The files that it watches: their state, and since when they are seen in it. */
  readonly seen: Readonly<Record<string, { readonly stamp: string; readonly since: number }>>;
  /** How many names it has used. */
  readonly names: number;
}

interface State {
  /** Which files there are, and whose. */
  readonly files: Readonly<Record<string, string>>;
  readonly counter: number;
  readonly crashes: number;
  readonly time: number;
  readonly processes: readonly Process[];
}

/** What a waiter takes for proof of a death, and what does not work. */
type Protocol = "claim" | "watch" | "rename aside" | "dates";

const LOCK = "lock";
/** For how many ticks a file is watched, and after how many the model ends. */
const STALE = 2;
const TICKS = 3;

function initial(count: number): State {
  const processes = Array.from({ length: count }, (_, i): Process => ({
    stack: [{ path: LOCK, nonce: `p${i}.0`, stage: "link" }],
    phase: "acquiring",
    value: 0,
    seen: {},
    names: 1,
  }));
  return { files: {}, counter: 0, crashes: 0, time: 0, processes };
}

function ownerOf(state: State, nonce: string): Process | undefined {
  return state.processes[Number(nonce.slice(1, nonce.indexOf(".")))];
}

function isDead(state: State, nonce: string): boolean {
  return ownerOf(state, nonce)?.phase === "dead";
}

/** The state of a file: a living holder changed it since the latest tick. */
function stampAt(state: State, nonce: string | undefined): string | undefined {
  return nonce === undefined ? undefined : `${nonce} ${ownerOf(state, nonce)?.diedAt ?? state.time}`;
}

function without(files: State["files"], path: string): State["files"] {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}

/** What becomes of the state when process `at` makes its next step; `undefined` where it has none. */
function step(state: State, at: number, protocol: Protocol): State | undefined {
  const process = state.processes[at];
  if (process === undefined) return undefined;
  const next = (change: Partial<Process>, rest: Partial<State> = {}): State => ({
    ...state,
    ...rest,
    processes: state.processes.map((other, i) => (i === at ? { ...process, ...change } : other)),
  });
  const frame = process.stack.at(-1);
  const outer = process.stack.slice(0, -1);
  switch (process.phase) {
    case "acquiring":
      return frame === undefined ? undefined : acquire(state, process, frame, outer, next, protocol);
    case "locked":
      return next({ phase: "read", value: state.counter });
    case "read":
      // `isOurs` before the rename: only between hosts could it be lost.
      return state.files[LOCK] === process.stack[0]?.nonce
        ? next({ phase: "checked" })
        : next({ phase: "done" });
    case "checked":
      if (state.counter !== process.value) throw new Error("an update is lost");
      return next({ phase: "written" }, { counter: process.value + 1 });
    case "written":
      return next({ phase: state.files[LOCK] === process.stack[0]?.nonce ? "releasing" : "done" });
    case "releasing":
      return next({ phase: "done" }, { files: without(state.files, LOCK) });
    case "done":
    case "dead":
      return undefined;
  }
}

type Next = (change: Partial<Process>, rest?: Partial<State>) => State;

function acquire(
  state: State,
  process: Process,
  frame: Frame,
  outer: readonly Frame[],
  next: Next,
  protocol: Protocol,
): State {
  const { files } = state;
  const { path, nonce, found = "" } = frame;
  const go = (stage: string, more: Partial<Frame> = {}, rest: Partial<State> = {}): State =>
    next({ stack: [...outer, { ...frame, stage, ...more }] }, rest);
  /** Has the file: goes on with what it was wanted for. */
  const acquired = (rest: Partial<State>): State => {
    const waiting = outer.at(-1);
    if (waiting === undefined) return next({ phase: "locked", stack: [frame], seen: {} }, rest);
    return next({ stack: [...outer.slice(0, -1), { ...waiting, stage: "recheck" }] }, rest);
  };
  const isAsFound = (): boolean =>
    files[path] === found && (protocol !== "watch" || stampAt(state, found) === frame.stamp);
  const claim = `${found}.claim`;
  switch (frame.stage) {
    case "link":
      return files[path] === undefined ? acquired({ files: { ...files, [path]: nonce } }) : go("read");
    case "read":
      return files[path] === undefined
        ? go("link")
        : go("judge", {
            found: files[path],
            stamp: protocol === "watch" ? stampAt(state, files[path]) : undefined,
          });
    case "judge": {
      if (protocol !== "watch") return go(protocol === "dates" || isDead(state, found) ? "same" : "link");
      const before = process.seen[path];
      const seen =
        before !== undefined && before.stamp === frame.stamp
          ? before
          : { stamp: frame.stamp ?? "", since: state.time };
      const isStale = state.time - seen.since >= STALE;
      return next({
        seen: { ...process.seen, [path]: seen },
        stack: [...outer, { ...frame, stage: isStale ? "same" : "link" }],
      });
    }
    case "same": {
      if (!isAsFound()) return go("link");
      if (protocol === "rename aside") return go("aside");
      const name = `${nonce.slice(0, nonce.indexOf("."))}.${process.names}`;
      return next({
        names: process.names + 1,
        stack: [...outer, { ...frame, stage: "claiming" }, { path: claim, nonce: name, stage: "link" }],
      });
    }
    case "recheck":
      return isAsFound() ? go("rename") : go("let go of the claim");
    case "rename":
      if (!isDead(state, found)) throw new Error("a living holder is robbed");
      return go("taken over", {}, { files: { ...files, [path]: nonce } });
    case "taken over":
      return acquired({ files: without(files, claim) });
    case "let go of the claim":
      return go("link", {}, { files: without(files, claim) });
    // What does not work: the lock that is renamed aside is looked at afterwards, and may be a living one's by then.
    case "aside": {
      const taken = files[path];
      const rest = { files: without(files, path) };
      if (taken === undefined) return go("link");
      return taken === found ? go("link", {}, rest) : go("put back", { found: taken }, rest);
    }
    case "put back":
      return go("link", {}, files[path] === undefined ? { files: { ...files, [path]: found } } : {});
    default:
      throw new Error(`no stage ${frame.stage}`);
  }
}

/**
 * Tries every order of steps, crashes and ticks. Throws if an update is lost.
 *
 * @returns How many states there are, and whether a process took over from a dead one in any of them.
 */
function explore(
  count: number,
  crashes: number,
  protocol: Protocol,
): { states: number; hasTakenOver: boolean } {
  const seen: Set<string> = new Set();
  let hasTakenOver = false;
  const waiting = [initial(count)];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const key = JSON.stringify(state);
    if (seen.has(key)) continue;
    seen.add(key);
    const living = state.processes.filter(({ phase }) =>
      ["locked", "read", "checked", "written", "releasing"].includes(phase),
    );
    if (protocol !== "rename aside" && living.length > 1) throw new Error("two have the lock");
    if (state.processes.some(({ stack }) => stack.some(({ stage }) => stage === "taken over")))
      hasTakenOver = true;
    if (protocol === "watch" && state.time < TICKS) waiting.push({ ...state, time: state.time + 1 });
    for (const [at, process] of state.processes.entries()) {
      const next = step(state, at, protocol);
      if (next !== undefined) waiting.push(next);
      if (state.crashes < crashes && process.phase !== "done" && process.phase !== "dead") {
        const processes = state.processes.map((other, i): Process =>
          i === at ? { ...other, phase: "dead", diedAt: state.time, stack: [], seen: {} } : other,
        );
        waiting.push({ ...state, crashes: state.crashes + 1, processes });
      }
    }
    // Nobody waits for ever: where nobody can go on, everybody is done or dead.
    const isOver = state.processes.every(({ phase }) => phase === "done" || phase === "dead");
    if (isOver && state.crashes === 0) expect(state.counter).toBe(count);
  }
  return { states: seen.size, hasTakenOver };
}

describe("the lock protocol, in every order of its steps", () => {
  it.each([
    [2, 1],
    [3, 1],
    [3, 2],
    [4, 1],
  ])(
    "loses no update and has one holder at a time with %i processes, %i of which may crash at any step",
    (count, crashes) => {
      expect(explore(count, crashes, "claim").states).toBeGreaterThan(100);
    },
    120_000,
  );

  it.each([
    [2, 1],
    [3, 1],
  ])(
    "robs no living holder and replaces dead ones by watching, with %i processes that see no deaths, %i of which may crash",
    (count, crashes) => {
      expect(explore(count, crashes, "watch").hasTakenOver).toBe(true);
    },
    120_000,
  );

  it("would rob a living holder if it took another clock's dates for a death", () => {
    expect(() => explore(2, 0, "dates")).toThrow("a living holder is robbed");
  });

  it("would lose an update if it renamed the dead lock aside while three processes wait", () => {
    expect(() => explore(4, 1, "rename aside")).toThrow("an update is lost");
  });
});

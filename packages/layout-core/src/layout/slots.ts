import { pauseIfDue } from "@ocilayout/oci-backend";

/** Limits how many tasks run at once, to bound open files and memory. Other tasks wait in order. */
export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];
  #next = 0;

  /** @param count - How many tasks run at once. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `task` once a slot is free. `task` must not wait for another task that needs a slot. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await pauseIfDue();
      return await task();
    } finally {
      this.#release();
    }
  }

  /** Passes the slot to the task that has waited longest. */
  #release(): void {
    const resume = this.#waiting[this.#next];
    if (resume === undefined) {
      this.#free += 1;
      this.#waiting = [];
      this.#next = 0;
      return;
    }
    this.#next += 1;
    resume();
  }
}

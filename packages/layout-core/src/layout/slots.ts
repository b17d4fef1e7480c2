import { pauseIfDue } from "@ocilayout/oci-backend";

/** Lets only so many tasks run at once, and the others wait in order: open files and memory are bounded. */
export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];
  #next = 0;

  /** @param count - How many tasks run at once. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `task` once there is a slot. It must not wait for another task that needs one. */
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

  /** Hands the slot to the task that has waited longest. */
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

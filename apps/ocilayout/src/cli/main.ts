import { Interrupted } from "../errors/interrupted.ts";
import { run } from "./run.ts";

/**
 * Runs `ocilayout` on the streams of this process. SIGINT and SIGTERM end it. A second signal kills it.
 */
export async function main(args: readonly string[]): Promise<void> {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      controller.abort(new Interrupted(name));
    });
  }
  const { stdout, stderr } = process;
  process.exitCode = await run(args, {
    stdin: () => process.stdin,
    stdout,
    stderr,
    signal: controller.signal,
  });
}

import { UsageError } from "../errors/usage-error.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a duration, such as `24h`, `10m`, `90s` or `0`. Returns milliseconds.
 *
 * @param option - The name of the option in the message.
 * @throws {@link UsageError} If `text` is not a duration.
 */
export function parseDuration(text: string, option: string): number {
  const match = /^([0-9]{1,9})(ms|s|m|h|d)?$/.exec(text);
  const [, count = "", unit] = match ?? [];
  const isClear = match !== null && (unit !== undefined || Number(count) === 0);
  if (!isClear) throw new UsageError(`${option} needs a duration such as 24h, 10m or 0, not ${text}`);
  return Number(count) * (UNITS[unit ?? "ms"] ?? 1);
}

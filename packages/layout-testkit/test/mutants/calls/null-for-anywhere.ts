import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("mounts from anywhere when the source is null", ["NAME-05"], (whole) => ({
  mountBlob: (from, ...rest) => whole.mountBlob((from as unknown) === null ? undefined : from, ...rest),
}));

export default it;

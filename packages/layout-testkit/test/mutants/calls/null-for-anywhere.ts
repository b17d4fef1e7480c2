import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("mounts from any repository if the source is null", ["NAME-05"], (whole) => ({
  mountBlob: (from, ...rest) => whole.mountBlob((from as unknown) === null ? undefined : from, ...rest),
}));

export default it;

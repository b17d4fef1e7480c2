import { nameOfEntry } from "../../src/index.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant("takes the digest in a name for a tag", ["LAYOUT-15"], () => ({}), {
  nameEntry: (descriptor) =>
    nameOfEntry(JSON.parse(JSON.stringify(descriptor).replace("@sha256:", ":sha256-"))),
});

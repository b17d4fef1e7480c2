import { nameOfEntry } from "../../src/index.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant("copies every entry by recursion", ["LAYOUT-90"], () => ({}), {
  nameEntry: (descriptor) => nameOfEntry(structuredClone(descriptor), "default"),
});

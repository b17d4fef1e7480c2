import { nameOfEntry } from "../../src/index.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant("reads one annotation only", ["LAYOUT-14"], () => ({}), {
  nameEntry: (descriptor) =>
    nameOfEntry(JSON.parse(JSON.stringify(descriptor).replace("io.containerd.image.name", "ignored"))),
});

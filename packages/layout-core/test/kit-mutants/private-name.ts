import { nameOfEntry } from "../../src/index.ts";
import { after, editIndexText, mutant } from "../kit-mutant.ts";

const own = '"com.example.name"';
const specified = '"org.opencontainers.image.ref.name"';
const swap = (text: string, from: string, to: string): string => text.replaceAll(from, to);

export default mutant(
  "writes names into an annotation of its own",
  ["LAYOUT-10"],
  (whole, directory) =>
    after(whole, ["pushManifest"], () => {
      editIndexText(directory, (text) => swap(text, specified, own));
    }),
  { nameEntry: (descriptor) => nameOfEntry(JSON.parse(swap(JSON.stringify(descriptor), own, specified))) },
);

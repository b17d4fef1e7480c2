import type { Descriptor } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters, moment } from "../mutant.ts";

const it: Mutant = mutant("closes before pending writes have finished", ["UPLOAD-12"], (whole) =>
  changeWriters(whole, (writer) => {
    let last: Promise<unknown> = Promise.resolve();
    const write = (chunk: Uint8Array): Promise<void> => {
      const written = last.then(moment).then(() => writer.write(chunk));
      last = written.catch(() => undefined);
      return written;
    };
    const commit = async (digest: string): Promise<Descriptor> => {
      await last;
      return writer.commit(digest);
    };
    return { write, commit };
  }),
);

export default it;

import type { Descriptor } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("lists referrers in the order of their pushes", ["REFERRER-01"], (whole) => {
  const order: string[] = [];
  const place = ({ digest }: Descriptor): number => order.indexOf(digest);
  return {
    pushManifest: async (...args) => {
      const pushed = await whole.pushManifest(...args);
      order.push(pushed.digest);
      return pushed;
    },
    referrers: (...args) =>
      listOf(collect(whole.referrers(...args)).then((found) => found.sort((a, b) => place(a) - place(b)))),
  };
});

export default it;

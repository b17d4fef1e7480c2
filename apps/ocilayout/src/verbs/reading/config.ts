import type { ConfigChanges } from "@ocilayout/oci-image";
import { readImage, setConfig } from "@ocilayout/oci-image";

import { UsageError } from "../../errors/usage-error.ts";
import { configSpecs, readConfigOptions } from "../../images/config-options.ts";
import { runEdit } from "../../images/run-edit.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { printable } from "../../output/text.ts";
import { required, text, type ValuesOf } from "../../parsing/spec.ts";
import { defineVerb, type CommonArguments, type Context, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { placeOf } from "../../places/reference.ts";

const positionals = {
  path: required(
    "A tag or digest. After a change the tag moves to the new image; SBOMs and signatures stay attached to the old image",
  ),
};
const options = {
  platform: text(
    "OS/ARCHITECTURE",
    "The image for this platform; otherwise prints that of this machine, or of Linux, and changes every image",
  ),
  ...configSpecs,
  tag: text("TAG", "Point this tag at the changed image, and leave the tag of PATH where it is"),
};

type Arguments = ValuesOf<typeof positionals> & ValuesOf<typeof options> & CommonArguments;

/** `ocilayout config`: prints the config of an image, or changes it. */
export const verb: Verb = defineVerb({
  positionals,
  options,
  examples: [
    ["ocilayout config images/team/app:v1", "Print the config, indented"],
    [
      "ocilayout config images/team/app:v1 --platform linux/arm64 --json | jq .config.Env",
      "Print one member",
    ],
    [
      'ocilayout config images/team/app:v1 --entrypoint \'["node", "/app/main.js"]\' --env MODE=production',
      "Change the config; the tag moves to the new image",
    ],
    [
      "ocilayout config images/team/app:v1 --user 1000 --remove env.DEBUG --tag v2",
      "Set one member, remove a variable, and tag the result v2",
    ],
  ],
  run: async (args, context) => {
    const changes = readConfigOptions(args);
    if (changes !== undefined) return change(args, changes, context);
    if (args.tag !== undefined)
      throw new UsageError("--tag needs a change, such as --env: ocilayout tag adds a tag to an image");
    return print(args, context);
  },
});

function print(args: Arguments, { output, signal }: Context): Promise<undefined> {
  return withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
    const place = await placeOf(target, { signal });
    const { config } = await readImage(place, { platform: args.platform, signal });
    if (args.json) await writeJson(output, config);
    else
      for (const line of JSON.stringify(config, null, 2).split("\n"))
        await writeText(output, printable(line));
    return undefined;
  });
}

function change(
  { path, places, platform, tag, json }: Arguments,
  changes: ConfigChanges,
  { output, signal }: Context,
): Promise<undefined> {
  return withPlace(path, places, { purpose: "change", signal, output }, (target) =>
    runEdit(target, { tag, json, output, signal }, (place, tags) =>
      setConfig(place, changes, { platform, tags, signal }),
    ),
  );
}

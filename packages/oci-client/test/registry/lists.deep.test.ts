import { collect } from "@ocilayout/oci-types";
import { expect, it } from "vitest";

import { reply } from "../scripted-server.ts";
import { codeOf, scripted } from "./registry.ts";

const list = "/v2/app/tags/list";

it("trap 9: reads pages of a list up to 256 MiB in all, although each has a new item", async () => {
  let count = 0;
  const space = " ".repeat(16 * 2 ** 20 - 100);
  const { client, asked } = await scripted({
    [`GET ${list}`]: (request, response) => {
      count += 1;
      const link = `<${list}?page=${count}>; rel="next"`;
      reply(200, `{"tags":["t${count}"]}${space}`, { link })(request, response);
    },
  });
  expect(await codeOf(collect(client.tags("app")))).toBe("REMOTE_FAILED");
  expect(asked()).toHaveLength(17);
});

import { expect, it } from "vitest";

import { isLinkLocal, isLoopback, isPrivateAddress } from "../../src/transport/addresses.ts";

/** Returns the host of an address as the transport gets it: URL normalises odd forms of IPv4. */
function hostOf(text: string): string {
  return new URL(`http://${text}/`).hostname;
}

it.each([
  ...[
    "127.0.0.1",
    "127.255.0.1",
    "0x7f.1",
    "2130706433",
    "localhost",
    "LOCALHOST",
    "a.localhost",
    "localhost.",
  ],
  ...["[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"],
])("%s is this machine, and private", (text) => {
  expect([isLoopback(hostOf(text)), isPrivateAddress(hostOf(text)), isLinkLocal(hostOf(text))]).toEqual([
    true,
    true,
    false,
  ]);
});

it.each([
  "169.254.169.254",
  "169.254.1",
  "[fe80::1]",
  "[febf::1]",
  "[::ffff:169.254.169.254]",
  "[2002:a9fe:a9fe::1]",
])("%s is link-local, and private", (text) => {
  expect([isLoopback(hostOf(text)), isPrivateAddress(hostOf(text)), isLinkLocal(hostOf(text))]).toEqual([
    false,
    true,
    true,
  ]);
});

it.each([
  ...[
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
  ],
  ...[
    "255.255.255.255",
    "[::]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[ff02::1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b:1::1]",
  ],
])("%s is private", (text) => {
  expect([isLoopback(hostOf(text)), isPrivateAddress(hostOf(text)), isLinkLocal(hostOf(text))]).toEqual([
    false,
    true,
    false,
  ]);
});

it.each([
  ...[
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.167.0.1",
    "100.128.0.1",
    "11.0.0.1",
    "128.0.0.1",
    "223.255.255.255",
  ],
  ...["[2606:4700::1111]", "[::ffff:1.1.1.1]", "[64:ff9b::101:101]", "[2002:101:101::1]"],
  ...["example.com", "localhost.example.com", "notlocalhost", "10.example.com", "127.0.0.1.nip.io"],
])("%s is public", (text) => {
  expect([isLoopback(hostOf(text)), isPrivateAddress(hostOf(text)), isLinkLocal(hostOf(text))]).toEqual([
    false,
    false,
    false,
  ]);
});

it("addresses with a zone, as a resolver returns them, are recognised", () => {
  expect(isLinkLocal("fe80::1%eth0")).toBe(true);
  expect(isPrivateAddress("::1")).toBe(true);
});

it.each([":::", "1:2:3", "[::g]", "1:2:3:4:5:6:7:8:9", ""])("%j is not an address", (text) => {
  expect(isPrivateAddress(text)).toBe(false);
});

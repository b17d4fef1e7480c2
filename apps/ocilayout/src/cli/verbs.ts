import type { VerbEntry } from "../parsing/verb-entry.ts";

const LOOK = "Look";
const COPY = "Copy";
const FILES = "Files";
const CHANGE = "Change";
const SERVE = "Serve and log in";

/** Every verb, in the order of the help. */
export const verbs: readonly VerbEntry[] = [
  {
    name: "ls",
    summary: "List the repositories, with their numbers of tags",
    group: LOOK,
    load: () => import("../verbs/reading/ls.ts"),
  },
  {
    name: "tags",
    summary: "List the tags of a repository, with their digests and sizes",
    group: LOOK,
    load: () => import("../verbs/reading/tags.ts"),
  },
  {
    name: "show",
    summary: "Draw the parts of an image, and what is attached to it, as a tree",
    group: LOOK,
    load: () => import("../verbs/reading/show.ts"),
  },
  {
    name: "inspect",
    summary: "Describe an image: platform, command, layers, labels",
    group: LOOK,
    load: () => import("../verbs/reading/inspect.ts"),
  },
  {
    name: "config",
    summary: "Print the config of an image, or change it: command, environment, labels, user",
    group: LOOK,
    load: () => import("../verbs/reading/config.ts"),
  },
  {
    name: "digest",
    summary: "Print the digest of a tag",
    group: LOOK,
    load: () => import("../verbs/reading/digest.ts"),
  },
  {
    name: "cat",
    summary: "Print the bytes of a manifest or blob, verified",
    group: LOOK,
    load: () => import("../verbs/reading/cat.ts"),
  },
  {
    name: "referrers",
    summary: "List the signatures, SBOMs and other artifacts that are attached to an image",
    group: LOOK,
    load: () => import("../verbs/reading/referrers.ts"),
  },
  {
    name: "diff",
    summary: "Compare the configs, layers and files of two images; exits with 1 if they differ",
    group: LOOK,
    load: () => import("../verbs/reading/diff.ts"),
  },
  {
    name: "verify",
    summary: "Verify all content, and report what is damaged, missing or unused; exits with 1 on an error",
    group: LOOK,
    load: () => import("../verbs/reading/verify.ts"),
  },
  {
    name: "copy",
    summary: "Copy an image or artifact from any place to any place",
    group: COPY,
    load: () => import("../verbs/moving/copy.ts"),
  },
  {
    name: "sync",
    summary: "Copy all tags of a repository, or all repositories",
    group: COPY,
    load: () => import("../verbs/moving/sync.ts"),
  },
  {
    name: "save",
    summary: "Write images to an archive, for docker load or podman load",
    group: COPY,
    load: () => import("../verbs/moving/save.ts"),
  },
  {
    name: "load",
    summary: "Copy the images of an archive to a layout or registry",
    group: COPY,
    load: () => import("../verbs/moving/load.ts"),
  },
  {
    name: "files",
    summary: "List the files of an image",
    group: FILES,
    load: () => import("../verbs/files/files.ts"),
  },
  {
    name: "extract",
    summary: "Write the files of an image, or one path of it, to the disk",
    group: FILES,
    load: () => import("../verbs/files/extract.ts"),
  },
  {
    name: "push",
    summary: "Push files as an artifact, or attach them to an image with --subject; copy pushes images",
    group: FILES,
    load: () => import("../verbs/files/push.ts"),
  },
  {
    name: "pull",
    summary: "Write the files of an artifact that push made; copy pulls images",
    group: FILES,
    load: () => import("../verbs/files/pull.ts"),
  },
  {
    name: "init",
    summary: "Create an empty layout, or an image without layers",
    group: CHANGE,
    load: () => import("../verbs/changing/init.ts"),
  },
  {
    name: "append",
    summary: "Append a layer of files to an image",
    group: CHANGE,
    load: () => import("../verbs/changing/append.ts"),
  },
  {
    name: "annotate",
    summary: "Change the annotations of an image or index",
    group: CHANGE,
    load: () => import("../verbs/changing/annotate.ts"),
  },
  {
    name: "index",
    summary: "Combine images for several platforms in one tag",
    group: CHANGE,
    load: () => import("../verbs/changing/index.ts"),
  },
  {
    name: "tag",
    summary: "Add tags to an image or artifact, all of them or none",
    group: CHANGE,
    load: () => import("../verbs/changing/tag.ts"),
  },
  {
    name: "rm",
    summary: "Remove a tag, a manifest with all its tags, or a blob",
    group: CHANGE,
    load: () => import("../verbs/changing/rm.ts"),
  },
  {
    name: "gc",
    summary: "Remove blobs that nothing refers to, and leftovers of interrupted writes",
    group: CHANGE,
    load: () => import("../verbs/changing/gc.ts"),
  },
  {
    name: "serve",
    summary: "Serve a layout over HTTP as a registry, until SIGINT or SIGTERM",
    group: SERVE,
    load: () => import("../verbs/serving/serve.ts"),
  },
  {
    name: "login",
    summary: "Store the credentials of a registry, after it accepted them",
    group: SERVE,
    load: () => import("../verbs/serving/login.ts"),
  },
  {
    name: "logout",
    summary: "Remove the credentials of a registry",
    group: SERVE,
    load: () => import("../verbs/serving/logout.ts"),
  },
  {
    name: "completion",
    summary: "Print the completion script for bash, zsh or fish",
    group: SERVE,
    load: () => import("../verbs/serving/completion.ts"),
  },
];

/** The hidden verb that the scripts of shells call. Its arguments are the words up to the cursor. */
export const COMPLETE: string = "__complete";

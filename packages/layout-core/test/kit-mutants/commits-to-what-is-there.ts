import { mutant } from "../kit-mutant.ts";

export default mutant("ends a commit if a file of the name exists", ["LAYOUT-31"], (whole) => ({
  pushBlobChunked: async (repo, options) => {
    const writer = await whole.pushBlobChunked(repo, options);
    return {
      id: writer.id,
      size: writer.size,
      chunkSize: writer.chunkSize,
      write: (chunk) => writer.write(chunk),
      close: () => writer.close(),
      cancel: () => writer.cancel(),
      commit: async (digest) => {
        const there = await whole.resolveBlob(repo, digest).catch(() => undefined);
        if (there === undefined) return writer.commit(digest);
        await writer.cancel();
        return there;
      },
      [Symbol.asyncDispose]: () => writer.close(),
    };
  },
}));

// For a server of its own; `next start` serves the same files, with a word about it.
module.exports = { output: "standalone" };

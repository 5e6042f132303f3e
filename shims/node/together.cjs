// All files of the shim in one, as otel-run unpacks it: Node looks for each file in several places, reads it
// and compiles it by itself, which was more than half of what the shim cost at the start.
'use strict';

const path = require('path');

/** Functions by the path of their file; otel-run writes them here. Without, the files are loaded one by one. */
const files = {};

const known = new Map();

function load(name) {
  const there = known.get(name);
  if (there !== undefined) return there.exports;
  const module = { exports: {} };
  known.set(name, module);
  const folder = path.dirname(name);
  const own = wanted => (wanted.startsWith('.') ? load(path.join(folder, wanted)) : require(wanted));
  own.resolve = wanted => path.join(__dirname, folder, wanted);
  files[name](module.exports, own, module, path.join(__dirname, folder));
  return module.exports;
}

const first = 'lib/begin.cjs';

exports.begin = function () {
  if (files[first] === undefined) return require(`./${first}`).begin();
  // The program finds nothing of ours among its modules.
  delete require.cache[__filename];
  load(first).begin();
};

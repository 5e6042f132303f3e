// Identifiers of traces and spans, as strings of one character a byte.
'use strict';

const { randomFillSync } = require('crypto');

const pool = Buffer.alloc(8192);
let used = pool.length;

function random(length) {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = pool.latin1Slice(used, used + length);
  used += length;
  return id;
}

exports.traceId = () => random(16);
exports.spanId = () => random(8);

exports.toHex = bytes => Buffer.from(bytes, 'latin1').toString('hex');
exports.fromHex = hex => Buffer.from(hex, 'hex').latin1Slice();

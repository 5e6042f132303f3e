// Identifiers of traces and spans, as strings of one character a byte. They need to be unique,
// not secret: V8 seeds its generator for each process and thread, and `crypto` would have to be loaded.
'use strict';

const { fromCharCode } = String;
const { random } = Math;

function eight() {
  const a = (random() * 4294967296) >>> 0;
  const b = (random() * 4294967296) >>> 0;
  const id = fromCharCode(
    a >>> 24, (a >>> 16) & 255, (a >>> 8) & 255, a & 255,
    b >>> 24, (b >>> 16) & 255, (b >>> 8) & 255, b & 255
  );
  return id === '\0\0\0\0\0\0\0\0' ? eight() : id;
}

exports.traceId = () => eight() + eight();
exports.spanId = eight;

/** A UUID of version 4. */
exports.uuid = function () {
  const hex = exports.toHex(exports.traceId());
  const variant = ((parseInt(hex[16], 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
};

exports.toHex = bytes => Buffer.from(bytes, 'latin1').toString('hex');
exports.fromHex = hex => Buffer.from(hex, 'hex').latin1Slice();

// The protobuf wire format, as much of it as OTLP needs. A message is a string in which each
// character is one byte: joining such strings costs next to nothing, and they are written into
// a buffer once, when a request is sent.
'use strict';

const SMALL = Array.from({ length: 128 }, (_, n) => String.fromCharCode(n));
const TWO_32 = 4294967296;
const scratch = Buffer.alloc(8);

/** An unsigned integer up to 2^53, seven bits a byte. */
function varint(n) {
  if (n < 128) return SMALL[n];
  let out = '';
  while (n > 127) {
    out += String.fromCharCode((n % 128) | 128);
    n = Math.floor(n / 128);
  }
  return out + SMALL[n];
}

/** int64: two's complement. */
function signed(n) {
  if (n >= 0) return varint(n);
  let big = BigInt.asUintN(64, BigInt(n));
  let out = '';
  while (big > 127n) {
    out += String.fromCharCode(Number(big & 127n) | 128);
    big >>= 7n;
  }
  return out + SMALL[Number(big)];
}

const BYTES = Array.from({ length: 17 }, (_, field) => varint((field << 3) | 2));
const VARINT = Array.from({ length: 17 }, (_, field) => varint(field << 3));
const FIXED64 = Array.from({ length: 17 }, (_, field) => varint((field << 3) | 1));
const FIXED32 = Array.from({ length: 17 }, (_, field) => varint((field << 3) | 5));

/** A length-delimited field: bytes, text that is encoded already, or a message. */
function bytes(field, content) {
  return BYTES[field] + varint(content.length) + content;
}

/** A varint field; zero is the default and stays out. */
function number(field, n) {
  return n ? VARINT[field] + varint(n) : '';
}

/** A text field; the empty text is the default and stays out. */
function text(field, string) {
  return string ? bytes(field, utf8(string)) : '';
}

// eslint-disable-next-line no-control-regex
const BEYOND_ASCII = /[^\x00-\x7f]/;

/** Text as UTF-8. Lone surrogates become U+FFFD. */
function utf8(string) {
  return BEYOND_ASCII.test(string) ? Buffer.from(string, 'utf8').latin1Slice() : string;
}

function double(field, n) {
  scratch.writeDoubleLE(n);
  return FIXED64[field] + scratch.latin1Slice(0, 8);
}

/** Milliseconds since 1970 as nanoseconds, exact to about a quarter of a microsecond. */
function time(field, milliseconds) {
  const nanoseconds = milliseconds * 1e6;
  const high = Math.floor(nanoseconds / TWO_32);
  const low = nanoseconds - high * TWO_32;
  return (
    FIXED64[field] +
    String.fromCharCode(
      low & 255,
      (low >>> 8) & 255,
      (low >>> 16) & 255,
      low >>> 24,
      high & 255,
      (high >>> 8) & 255,
      (high >>> 16) & 255,
      high >>> 24
    )
  );
}

function fixed32(field, n) {
  return FIXED32[field] + String.fromCharCode(n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24);
}

/** An integer in eight bytes, whatever its sign. */
function fixed64(field, n) {
  scratch.writeBigInt64LE(BigInt(n));
  return FIXED64[field] + scratch.latin1Slice(0, 8);
}

/** Doubles, one after the other. */
function doubles(field, all) {
  const buffer = Buffer.alloc(all.length * 8);
  all.forEach((n, i) => buffer.writeDoubleLE(n, i * 8));
  return all.length > 0 ? bytes(field, buffer.latin1Slice()) : '';
}

/** Counts in eight bytes each, one after the other. */
function counts(field, all) {
  const buffer = Buffer.alloc(all.length * 8);
  all.forEach((n, i) => buffer.writeBigUInt64LE(BigInt(n), i * 8));
  return all.length > 0 ? bytes(field, buffer.latin1Slice()) : '';
}

/** An integer that a field of 64 bits can hold exactly. */
function integer(field, n) {
  return VARINT[field] + signed(n);
}

module.exports = { bytes, counts, double, doubles, fixed32, fixed64, integer, number, text, time, utf8 };

// Values of JavaScript as OTLP attributes.
'use strict';

const wire = require('./wire.cjs');

/** Longest text of an attribute or a body, in characters; more is cut. */
const LONGEST = 32768;
const DEEPEST = 5;
const MOST = 256;
/** So many values of one key are remembered in their encoded form. */
const REMEMBERED = 256;

function cut(string) {
  return string.length > LONGEST ? string.slice(0, LONGEST) : string;
}

/** An AnyValue. */
function any(value, depth = 0) {
  switch (typeof value) {
    case 'string':
      return wire.bytes(1, wire.utf8(cut(value)));
    case 'boolean':
      return value ? '\x10\x01' : '\x10\x00';
    case 'number':
      return Number.isSafeInteger(value) ? wire.integer(3, value) : wire.double(4, value);
    case 'bigint':
      return wire.bytes(1, String(value));
    case 'object':
      return value === null ? '' : object(value, depth);
    case 'function':
      return wire.bytes(1, `[Function ${wire.utf8(cut(String(value.name)))}]`);
    case 'symbol':
      return wire.bytes(1, wire.utf8(String(value)));
    default:
      return '';
  }
}

function object(value, depth) {
  if (value instanceof Date) return any(Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString());
  if (value instanceof Error) return any(value.stack || String(value));
  if (Buffer.isBuffer(value)) return wire.bytes(7, value.latin1Slice(0, LONGEST));
  if (depth >= DEEPEST) return any(Array.isArray(value) ? '[Array]' : '[Object]');
  let out = '';
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && i < MOST; i++) out += wire.bytes(1, any(value[i], depth + 1));
    return wire.bytes(5, out);
  }
  let count = 0;
  for (const key of Object.keys(value)) {
    if (count++ === MOST) break;
    out += wire.bytes(1, pair(key, value[key], depth + 1));
  }
  return wire.bytes(6, out);
}

/** A KeyValue. */
function pair(key, value, depth = 0) {
  return wire.bytes(1, wire.utf8(key)) + wire.bytes(2, any(value, depth));
}

/** An attribute in a message that has its attributes in `field`; nothing if there is no value. */
function attribute(field, key, value) {
  return value === undefined || value === null || value === '' ? '' : wire.bytes(field, pair(key, value));
}

/** Attributes of an object. Getters that throw cost one attribute, not all. */
function attributes(field, values, but) {
  let out = '';
  let count = 0;
  for (const key of Object.keys(values)) {
    if (but && but.has(key)) continue;
    if (count++ === MOST) break;
    try {
      out += attribute(field, key, values[key]);
    } catch {
      // An odd value.
    }
  }
  return out;
}

/** A function from values to span attributes of this name. For names whose values repeat. */
function repeated(key) {
  const known = new Map();
  return function (value) {
    if (value === undefined || value === null || value === '') return '';
    let encoded = known.get(value);
    if (encoded === undefined) {
      encoded = attribute(9, key, value);
      if (known.size >= REMEMBERED) known.clear();
      if (encoded.length < 512) known.set(value, encoded);
    }
    return encoded;
  };
}

/** The same for names whose values hardly repeat. */
function single(key) {
  const head = wire.bytes(1, wire.utf8(key));
  return function (value) {
    if (value === undefined || value === null || value === '') return '';
    return wire.bytes(9, head + wire.bytes(2, any(value)));
  };
}

module.exports = { any, attribute, attributes, repeated, single };

// Records of one signal that wait to be sent, encoded, by scope. Bounded: what does not fit is
// counted and dropped.
'use strict';

const identity = require('./identity.cjs');
const wire = require('./wire.cjs');

const MOST_RECORDS = 8192;
const MOST_BYTES = 8 << 20;

const scopes = new Map();
let resource;
let described;

/** What an SDK in this process says of the resource; asynchronous attributes may come later. */
function describe(found) {
  if (described === found || found.asyncAttributesPending) return;
  described = found;
  resource = wire.bytes(1, identity.resource(found.attributes));
}

/** The message InstrumentationScope of this name, encoded once. */
function scope(name, version) {
  const key = version ? `${name}\n${version}` : name;
  let encoded = scopes.get(key);
  if (encoded === undefined) {
    encoded = wire.bytes(1, wire.text(1, name) + wire.text(2, version));
    if (scopes.size < 1024) scopes.set(key, encoded);
  }
  return encoded;
}

class Queue {
  constructor() {
    this.dropped = 0;
    this._empty();
  }

  _empty() {
    this.groups = new Map();
    this.records = 0;
    this.size = 0;
  }

  /** Takes a record under the encoded scope; false if there is no room. */
  add(scopeMessage, record) {
    if (this.records >= MOST_RECORDS || this.size + record.length > MOST_BYTES) {
      this.dropped++;
      return false;
    }
    const group = this.groups.get(scopeMessage);
    const message = wire.bytes(2, record);
    if (group === undefined) this.groups.set(scopeMessage, message);
    else this.groups.set(scopeMessage, group + message);
    this.records++;
    this.size += record.length;
    return true;
  }

  /** An Export…ServiceRequest with all that waits, as bytes in a string, and the queue is empty. */
  take() {
    if (resource === undefined) resource = wire.bytes(1, identity.resource());
    let out = resource;
    for (const [scopeMessage, records] of this.groups) out += wire.bytes(2, scopeMessage + records);
    this._empty();
    return wire.bytes(1, out);
  }
}

module.exports = { Queue, describe, scope };

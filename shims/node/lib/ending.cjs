// What is left when the process ends: no event loop runs any more, so it is written, and the
// answers are awaited, synchronously and for a short time.
'use strict';

const fs = require('fs');

/** Longest delay of an exit, in milliseconds. */
const PATIENCE = 500;

/**
 * Sends requests on a connected descriptor and waits for `answers` answers. Returns whether all
 * was written.
 */
exports.write = function (descriptor, requests, answers) {
  const deadline = Date.now() + PATIENCE;
  for (const bytes of requests) {
    let at = 0;
    while (at < bytes.length) {
      const written = attempt(() => fs.writeSync(descriptor, bytes, at, bytes.length - at));
      if (written > 0) at += written;
      else if (written < 0 || Date.now() > deadline) return false;
      else sleep();
    }
  }
  const chunk = Buffer.allocUnsafe(16384);
  let received = '';
  while (Date.now() < deadline && (received.match(/HTTP\/1\.1 \d/g) || []).length < answers) {
    const read = attempt(() => fs.readSync(descriptor, chunk, 0, chunk.length, null) || -1);
    if (read > 0) received = (received + chunk.latin1Slice(0, read)).slice(-65536);
    else if (read < 0) break;
    else sleep();
  }
  return true;
};

/** The result, 0 if it would have to wait, -1 if there is no hope. */
function attempt(call) {
  try {
    return call();
  } catch (error) {
    return error.code === 'EAGAIN' || error.code === 'EINTR' ? 0 : -1;
  }
}

function sleep() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

/** Sends requests from a thread with an event loop of its own, where there is no connection yet. */
exports.elsewhere = function (address, requests) {
  const { Worker } = require('worker_threads');
  const done = new Int32Array(new SharedArrayBuffer(4));
  // Nothing of the environment, so that nothing is injected there.
  new Worker(require.resolve('./last.cjs'), {
    workerData: { address, requests, done },
    env: {},
    execArgv: [],
    stdin: false,
  }).unref();
  Atomics.wait(done, 0, 0, PATIENCE);
};

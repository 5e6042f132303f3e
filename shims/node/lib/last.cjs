// The thread that sends what is left while the main thread waits.
'use strict';

const net = require('net');
const { workerData } = require('worker_threads');

const { address, requests, done } = workerData;
let answers = 0;

function finish() {
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

const socket = net.connect(address.port, address.host);
for (const bytes of requests) socket.write(bytes);
socket.on('data', chunk => {
  answers += (chunk.latin1Slice().match(/HTTP\/1\.1 \d/g) || []).length;
  if (answers >= requests.length) {
    socket.destroy();
    finish();
  }
});
socket.on('error', finish);
socket.on('close', finish);

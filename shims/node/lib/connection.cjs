// One connection to the agent: a small HTTP/1.1 client over a plain socket, one request at a
// time. It never keeps the process running, and passes by everything that is instrumented.
'use strict';

const context = require('./context.cjs');

const { setTimeout, clearTimeout } = globalThis;

/** How long one request is tried, in milliseconds. */
const PATIENCE = 5000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1000;
const LONGEST_ANSWER = 1 << 20;
const BUSY = new Set([408, 429, 502, 503, 504]);

class Connection {
  /** `onDone(job, delivered)` is called for each request when it is over. */
  constructor(address, onDone) {
    this.address = address;
    this.onDone = onDone;
    /** The request on its way: `{ bytes, deadline, pause, ... }`. */
    this.job = null;
    this.socket = null;
    this.ready = false;
    this.answer = '';
    this.timer = null;
    this.held = false;
    /** Nobody listened when it was tried the last time. */
    this.refused = false;
  }

  /** Connects ahead of need, so that there is a way out when the process ends suddenly. */
  open() {
    if (this.socket !== null) return;
    context.outside(() => this._connect());
  }

  /** Sends `job.bytes`. Only while there is no other job. */
  send(job) {
    job.deadline = Date.now() + PATIENCE;
    job.pause = FIRST_PAUSE;
    this.job = job;
    context.outside(() => this._try());
  }

  /** While held, a request on its way keeps the process running. */
  hold(held) {
    this.held = held;
    for (const handle of [this.socket, this.timer]) {
      if (handle !== null) held ? handle.ref() : handle.unref();
    }
  }

  _connect() {
    const socket = require('net').connect({ host: this.address.host, port: this.address.port, noDelay: true });
    this.socket = socket;
    this.ready = false;
    this.answer = '';
    if (!this.held) socket.unref();
    socket.on('connect', () => {
      this.ready = true;
      this.refused = false;
      if (!this.held) socket.unref();
      if (this.job !== null) this._write();
    });
    socket.on('data', chunk => this._received(chunk.latin1Slice()));
    socket.on('error', error => (this.refused = error.code === 'ECONNREFUSED'));
    socket.on('close', () => {
      if (this.socket === socket) this._lost();
    });
  }

  _try() {
    if (this.socket === null) this._connect();
    else if (this.ready) this._write();
  }

  _write() {
    this.job.written = true;
    this.socket.write(this.job.bytes);
  }

  _received(text) {
    this.answer += text;
    const end = this.answer.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.answer.length > LONGEST_ANSWER) this.socket.destroy();
      return;
    }
    const head = this.answer.slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length && this.answer.length < end + 4 + Number(length[1])) return;
    this.answer = '';
    // Without a length, the end of the answer is the end of the connection.
    if (!length || /\r\nconnection: *close/i.test(head)) this._drop();
    this._answered(Number(head.slice(9, 12)), /\r\nretry-after: *(\d+)/i.exec(head));
  }

  _answered(status, wait) {
    if (this.job === null) return;
    if (BUSY.has(status)) this._later(wait ? Number(wait[1]) * 1000 : this.job.pause);
    else this._over(status >= 200 && status < 300);
  }

  _lost() {
    const idle = !this.ready;
    this._drop();
    if (this.job === null) return;
    // The agent closes connections that were idle, and a new agent knows none of them.
    this._later(idle ? this.job.pause : 1);
  }

  _later(pause) {
    if (Date.now() + pause > this.job.deadline) return this._over(false);
    this.job.pause = Math.min(this.job.pause * 2, LONGEST_PAUSE);
    this.job.written = false;
    this.timer = setTimeout(() => {
      this.timer = null;
      this._try();
    }, pause);
    if (!this.held) this.timer.unref();
  }

  _over(delivered) {
    const job = this.job;
    this.job = null;
    this.onDone(job, delivered);
  }

  _drop() {
    const socket = this.socket;
    this.socket = null;
    this.ready = false;
    if (socket !== null) socket.destroy();
  }

  /** The descriptor of a connection on which nothing is half written, or -1. */
  descriptor() {
    if (this.timer !== null) clearTimeout(this.timer);
    const { socket } = this;
    if (socket === null || !this.ready || socket.destroyed || socket.writableLength > 0) return -1;
    return socket._handle && socket._handle.fd >= 0 ? socket._handle.fd : -1;
  }
}

module.exports = { Connection };

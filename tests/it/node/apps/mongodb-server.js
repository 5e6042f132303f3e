// As much of a MongoDB server as its client needs for a few commands: OP_MSG, and OP_QUERY for the
// first greeting. Found are two items in two batches; nothing may be dropped.
const net = require("net");

const QUERY = 2004;
const MESSAGE = 2013;

function answer(command) {
  const name = Object.keys(command)[0].toLowerCase();
  const batch = (key, id) => ({ ok: 1, cursor: { id: BigInt(key === "firstBatch" ? 7 : 0), ns: "shop.items", [key]: [{ _id: id }] } });
  switch (name) {
    case "hello":
    case "ismaster":
      return { ok: 1, ismaster: true, isWritablePrimary: true, helloOk: true, minWireVersion: 0, maxWireVersion: 25, maxBsonObjectSize: 1 << 24 };
    case "find":
      return batch("firstBatch", 1);
    case "getmore":
      return batch("nextBatch", 2);
    case "drop":
      return { ok: 0, errmsg: "not allowed", code: 13, codeName: "Unauthorized" };
    default:
      return { ok: 1, n: 1 };
  }
}

module.exports = function (BSON) {
  return net.createServer(socket => {
    let waiting = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", chunk => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 16 && waiting.length >= waiting.readInt32LE(0)) {
        const message = waiting.subarray(0, waiting.readInt32LE(0));
        waiting = waiting.subarray(message.length);
        const isQuery = message.readInt32LE(12) === QUERY;
        const start = isQuery ? message.indexOf(0, 20) + 9 : 21;
        const command = BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)));
        const head = Buffer.alloc(isQuery ? 36 : 21);
        if (isQuery) head.writeInt32LE(1, 32);
        const body = BSON.serialize(answer(command));
        head.writeInt32LE(head.length + body.length, 0);
        head.writeInt32LE(message.readInt32LE(4), 8);
        head.writeInt32LE(isQuery ? 1 : MESSAGE, 12);
        socket.write(Buffer.concat([head, body]));
      }
    });
  });
};

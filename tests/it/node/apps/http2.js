// A server of http2, asked by a client in the same process when a line comes on stdin.
const http2 = require("http2");

const server = http2.createServer((request, response) => response.end("ok"));
server.listen(0, "127.0.0.1", () => {
  const client = http2.connect(`http://127.0.0.1:${server.address().port}`);
  const request = client.request({
    ":path": "/api/items/1?a=b",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  });
  request.resume().on("end", () => {
    client.close();
    server.close();
  });
});

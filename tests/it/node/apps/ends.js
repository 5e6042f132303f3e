// A server that is closed after one request: then there is nothing to do any more.
const http = require("http");

const server = http.createServer((request, response) => response.end("bye"));
server.listen(0, "127.0.0.1", () => {
  http.get({ host: "127.0.0.1", port: server.address().port, agent: false }, response => {
    response.resume().on("end", () => server.close(() => console.log("closed")));
  });
});

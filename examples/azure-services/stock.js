// What is there.
const express = require("express");

const app = express();

app.get("/", (request, response) => response.send("ready"));

app.get("/stock/:item", (request, response) => {
  const item = Number(request.params.item);
  if (item > 100) throw new RangeError(`no item ${item}`);
  response.json({ pieces: item % 7 });
});

const server = app.listen(Number(process.argv[2]), "127.0.0.1");

// OpenTelemetry listens to SIGTERM to deliver what it has, which keeps Node from ending by itself.
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});

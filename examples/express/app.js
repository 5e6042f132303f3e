const express = require("express");

const app = express();

app.get("/", (request, response) => response.json({ hello: "world" }));

app.get("/items/:item", (request, response) => {
  const item = Number(request.params.item);
  if (item > 100) {
    console.warn("no item %d", item);
    throw new RangeError(`no item ${item}`);
  }
  response.json({ item });
});

app.listen(Number(process.env.PORT), "127.0.0.1");

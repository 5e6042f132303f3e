const express = require("express");
const announce = require("./announce");

const api = express.Router();
api.get("/items/:id", (request, response) => {
  if (request.params.id === "boom") throw new RangeError("no such item");
  response.json(request.params);
});
const app = express();
app.use("/api", api);
const server = app.listen(0, "127.0.0.1", () => announce(server));

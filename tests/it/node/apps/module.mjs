// An ECMAScript module.
import express from "express";
import { get } from "node:http";
import announce from "./announce.js";

const app = express();
app.get("/api/items/:id", (request, response) => {
  const { port } = server.address();
  get(`http://127.0.0.1:${port}/parent`, answer => {
    answer.resume().on("end", () => response.json(request.params));
  });
});
app.get("/parent", (request, response) => response.json(request.headers));
const server = app.listen(0, "127.0.0.1", () => announce(server));

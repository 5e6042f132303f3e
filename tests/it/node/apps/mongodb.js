// A few commands to a MongoDB for each request, with what came of them.
const http = require("http");
const { BSON, MongoClient } = require("mongodb");
const announce = require("./announce");

const database = require("./mongodb-server")(BSON).listen(0, "127.0.0.1", async () => {
  const { port } = database.address();
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  const items = client.db("shop").collection("items");
  let seen = 0;
  client.on("commandStarted", () => seen++);
  const server = http.createServer(async (request, response) => {
    const found = await items.find({ name: "secret" }).toArray();
    const { acknowledged } = await items.insertOne({ _id: 3, name: "secret" });
    const failed = await items.drop().catch(error => error.codeName);
    const both = await Promise.all([items.updateOne({ _id: 1 }, { $set: { a: 1 } }), items.deleteOne({ _id: 1 })]);
    const about = [found.length, acknowledged, failed, both.length, seen, client.options.monitorCommands, process.listenerCount("SIGTERM")];
    response.end(JSON.stringify([port, ...about]));
  });
  server.listen(0, "127.0.0.1", () => announce(server));
});

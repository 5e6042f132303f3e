// What the TypeScript of a Nest application becomes.
require("reflect-metadata");
const { Controller, Get, Module, Param } = require("@nestjs/common");
const { NestFactory } = require("@nestjs/core");
const announce = require("./announce");

class Items {
  read(id) {
    if (id === "boom") throw new RangeError("no such item");
    return { id };
  }
}
Param("id")(Items.prototype, "read", 0);
Get("items/:id")(Items.prototype, "read", Object.getOwnPropertyDescriptor(Items.prototype, "read"));
Controller("api")(Items);

class App {}
Module({ controllers: [Items] })(App);

NestFactory.create(App).then(async app => {
  await app.listen(0, "127.0.0.1");
  announce(app.getHttpServer());
});

// What the TypeScript of a Nest application becomes.
require("reflect-metadata");
const { Controller, Get, Logger, Module, NotFoundException, Param } = require("@nestjs/common");
const { NestFactory } = require("@nestjs/core");

class Items {
  logger = new Logger("items");

  hello() {
    return { hello: "world" };
  }

  read(item) {
    if (Number(item) > 100) {
      this.logger.warn(`no item ${item}`);
      throw new NotFoundException(`no item ${item}`);
    }
    return { item: Number(item) };
  }
}

function route(method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(Items.prototype, method);
  for (const decorate of decorators) decorate(Items.prototype, method, descriptor);
}
route("hello", Get());
route("read", Get("items/:item"));
Param("item")(Items.prototype, "read", 0);
Controller()(Items);

class App {}
Module({ controllers: [Items] })(App);

NestFactory.create(App, { logger: ["error", "warn"] }).then(app => app.listen(Number(process.env.PORT), "127.0.0.1"));

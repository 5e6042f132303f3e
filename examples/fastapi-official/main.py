import logging

from fastapi import FastAPI, HTTPException

app = FastAPI()
log = logging.getLogger("shop")


@app.get("/")
def read_root():
    return {"Hello": "World"}


@app.get("/items/{item_id}")
def read_item(item_id: int):
    if item_id > 100:
        log.warning("no item %d", item_id)
        raise HTTPException(status_code=404)
    return {"item_id": item_id}

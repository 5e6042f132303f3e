import httpx
from fastapi import FastAPI, Request

app = FastAPI()


@app.get("/inner")
async def inner():
    return {"inner": True}


@app.get("/outer/{name}")
def outer(name: str, request: Request):
    return httpx.get("%sinner" % request.base_url).json()

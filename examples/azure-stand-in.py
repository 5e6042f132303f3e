"""Stands in for Azure Monitor on this machine: takes what is sent to the track API and prints a line
for each envelope. For the examples; it accepts everything.

    python3 azure-stand-in.py PORT
"""

import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def told(envelope):
    kind = envelope["data"]["baseType"].removesuffix("Data")
    data = envelope["data"]["baseData"]
    tags = envelope.get("tags", {})
    if kind == "Metric":
        metric = data["metrics"][0]
        what = f"{metric['name']} = {metric['value']:g}"
        if metric.get("count", 1) != 1:
            what += f" of {metric['count']}"
    elif kind == "Exception":
        what = f"{data['exceptions'][0].get('typeName')}: {data['exceptions'][0]['message']}"
    else:
        what = data.get("name") or data.get("message")
    more = [data[key] for key in ("responseCode", "resultCode", "target", "duration") if data.get(key)]
    properties = data.get("properties") or {}
    own = [f"{key}={value}" for key, value in properties.items() if not key.startswith("_MS.")]
    trace = tags.get("ai.operation.id", "")[:8]
    role = tags.get("ai.cloud.role", "")
    return f"{role:<8} {kind:<16} {trace:<8} {what}  {' '.join(more)}  {' '.join(own[:6])}".rstrip()


class StandIn(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        text = body.decode()
        envelopes = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
        for envelope in envelopes:
            print(told(envelope), flush=True)
        answer = {"itemsReceived": len(envelopes), "itemsAccepted": len(envelopes), "errors": []}
        answer = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), StandIn).serve_forever()

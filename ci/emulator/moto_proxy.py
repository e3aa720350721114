"""The WSGI application in front of moto: request log, faults, quotas, rpc-v2-cbor and the /_emulator routes."""

import fnmatch
import io
import json
import re
import threading
import time
import uuid

from werkzeug.test import run_wsgi_app

import quotas
import seed
import aws_protocols

ADMIN = "/_emulator/"


class Quotas:
    """One token bucket for each Region and group of operations. A bucket holds the requests of one second."""

    def __init__(self):
        self.buckets: dict[tuple, tuple[float, float]] = {}
        self.lock = threading.Lock()

    def admits(self, call: aws_protocols.Call) -> bool:
        bucket = quotas.bucket_of(call.service, call.operation)
        if not bucket:
            return True
        names, rate = bucket
        now = time.monotonic()
        with self.lock:
            tokens, last = self.buckets.get((call.region, *names), (rate, now))
            tokens = min(rate, tokens + (now - last) * rate)
            admitted = tokens >= 1
            self.buckets[(call.region, *names)] = (tokens - admitted, now)
        return admitted


class MotoProxy:
    """A WSGI application around the application of moto."""

    def __init__(self, moto, log_path=None, latency_ms=0, deny=(), quota=False):
        self.moto = moto
        self.faults = {"latency_ms": latency_ms, "deny": list(deny), "quota": quota}
        self.quotas = Quotas()
        self.lock = threading.Lock()
        self.log = open(log_path, "a", buffering=1) if log_path else None
        self.stats: dict[str, int] = {}

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        path = environ["PATH_INFO"]
        if path.startswith(ADMIN):
            status, headers, answer = self.admin(path[len(ADMIN):], body)
        elif path.startswith("/moto-api"):
            status, headers, answer = forward(self.moto, environ)
        else:
            status, headers, answer = self.serve(environ, body)
        headers["content-length"] = headers.get("content-length", str(len(answer)))
        start_response(f"{status} -", list(headers.items()))
        return [answer]

    def serve(self, environ, body):
        call = aws_protocols.read_call(environ, body)
        if self.faults["latency_ms"]:
            time.sleep(self.faults["latency_ms"] / 1000)
        kind = None
        if any(fnmatch.fnmatchcase(call.name, pattern) for pattern in self.faults["deny"]):
            kind = "denied"
            answer = aws_protocols.error_answer(call, kind, f"User is not authorized to perform: {call.name}")
        elif self.faults["quota"] and not self.quotas.admits(call):
            kind = "throttled"
            answer = aws_protocols.error_answer(call, kind, "Rate exceeded")
        else:
            try:
                answer = self.forward_cbor(environ, body, call) if call.protocol == "cbor" else forward(self.moto, environ)
            except NotImplementedError as error:
                kind = "missing"
                answer = aws_protocols.error_answer(call, kind, f"{call.name} is not emulated: {error}")
            except Exception as error:
                kind = "crashed"
                answer = aws_protocols.error_answer(call, kind, f"{call.name}: {type(error).__name__}: {error}")
        self.record(call, answer[0], kind)
        return answer[0], as_aws(call, answer[1]), answer[2]

    def forward_cbor(self, environ, body, call):
        """Current SDKs use only rpc-v2-cbor for CloudWatch. moto supports only the JSON protocol of the same model."""
        as_json = aws_protocols.cbor_to_json(body)
        environ |= {
            "PATH_INFO": "/", "RAW_URI": "/", "REQUEST_URI": "/",
            "CONTENT_TYPE": "application/x-amz-json-1.0", "CONTENT_LENGTH": str(len(as_json)),
            "HTTP_X_AMZ_TARGET": f"{aws_protocols.model(call.service).metadata['targetPrefix']}.{call.operation}",
            "HTTP_ACCEPT": "application/json", "wsgi.input": io.BytesIO(as_json),
        }
        status, headers, answer = forward(self.moto, environ)
        headers = {k: v for k, v in headers.items() if k.startswith("x-amzn-request")}
        headers |= {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return status, headers, aws_protocols.json_to_cbor(call.service, call.operation, status, answer)

    def record(self, call, status, kind):
        line = {"service": call.service, "operation": call.operation, "region": call.region, "status": status}
        if kind:
            line["fault"] = kind
        with self.lock:
            for counter in ("calls", call.name, kind):
                if counter:
                    self.stats[counter] = self.stats.get(counter, 0) + 1
            if self.log:
                self.log.write(json.dumps(line) + "\n")

    def admin(self, route, body):
        """Routes and their parameters: seed (keys, secrets, groups), compliance (rule, type), faults (deny, latency_ms, quota), stats."""
        parameters = json.loads(body) if body else {}
        match route:
            case "seed":
                answer = seed.into_moto(**parameters)
            case "compliance":
                answer = seed.set_compliance(**parameters)
            case "faults":
                if unknown := set(parameters) - set(self.faults):
                    return 400, {}, f"unknown fault: {', '.join(sorted(unknown))}\n".encode()
                self.faults |= parameters
                answer = self.faults
            case "stats":
                answer = self.stats
            case _:
                return 404, {}, f"unknown route: {route}\n".encode()
        return 200, {"content-type": "application/json"}, json.dumps(answer).encode()


def as_aws(call, headers):
    """Adds the request id, which every answer of AWS has, and the content type of the protocol, because moto sends
    text/html for JSON."""
    headers.setdefault("x-amz-request-id" if call.service == "s3" else "x-amzn-requestid", str(uuid.uuid4()))
    if call.protocol == "json" and "html" in headers.get("content-type", ""):
        headers["content-type"] = "application/x-amz-json-1.1"
    return headers


def forward(app, environ):
    """Runs the inner application to its end, and returns its whole answer with lower-case header names."""
    chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
    answer = b"".join(chunks)
    lower = {k.lower(): v for k, v in headers.items()}
    if "xml" in lower.get("content-type", "") or answer[:16].lstrip()[:5] == b"<?xml":
        answer = re.sub(rb"^\s+", b"", answer)  # XML 1.0 allows nothing before the declaration
        if environ["REQUEST_METHOD"] != "HEAD":
            lower["content-length"] = str(len(answer))
    return int(status.split()[0]), lower, answer

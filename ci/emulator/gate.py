"""A door in front of an emulator for one run of the binary: counts its calls, and at one of them makes trouble.

    gate = Gate(url, Trouble("kill-after", 4))
    process = subprocess.Popen([…, "--endpoint", gate.url])
    gate.watch(process)

Knows nothing of what is asked, only how many calls there were and which operations they were.
"""

import contextlib
import http.client
import http.server
import os
import signal
import threading
import time
import urllib.parse
from dataclasses import dataclass

import wire

# What happens at a call. The process is killed before the emulator sees the call, or after it did its work.
KILLS = ("kill-before", "kill-after")
# The call does its work, the signal is sent while the answer is on its way.
SIGNALS = {"interrupt": (signal.SIGINT,), "interrupt-twice": (signal.SIGINT, signal.SIGINT), "terminate": (signal.SIGTERM,),
           "abort": (signal.SIGABRT,)}
FAULTS = {"deny": "denied", "throttle": "throttled", "throttle-on": "throttled"}  # …-on: and at all that follow
BETWEEN_SIGNALS = 0.02  # seconds
DROPPED = {"connection", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Trouble:
    """What happens, and at which call: 1 is the first."""

    what: str
    at: int

    def strikes(self, number: int) -> bool:
        return number == self.at or (self.what.endswith("-on") and number > self.at)


class Gate:
    def __init__(self, upstream: str, trouble: Trouble | None = None):
        self.host, self.port = urllib.parse.urlsplit(upstream).hostname, urllib.parse.urlsplit(upstream).port
        self.trouble, self.calls, self.struck = trouble, [], False
        self.process, self.lock = None, threading.Condition()
        self.inside = 0
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def pass_on(self):
                gate.exchange(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = pass_on

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # the other side died, as it should

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def watch(self, process):
        with self.lock:
            self.process = process
            self.lock.notify_all()

    def close(self):
        """When nothing is on its way any more: a call that was sent before the kill may still do its work."""
        with self.lock:
            self.lock.wait_for(lambda: not self.inside, timeout=30)
        self.server.shutdown()
        self.server.server_close()

    def called(self) -> list[str]:
        return [call.name for call in self.calls]

    def exchange(self, handler):
        with self.lock:
            self.inside += 1
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):
                self.serve(handler)
        finally:
            with self.lock:
                self.inside -= 1
                self.lock.notify_all()

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        call = wire.read_call(environ(handler), body)
        with self.lock:
            self.calls.append(call)
            what = self.trouble.what if self.trouble and self.trouble.strikes(len(self.calls)) else None
            self.struck |= bool(what)
            self.lock.wait_for(lambda: self.process, timeout=10)
        if what == "kill-before":
            return self.kill(handler)
        if what in FAULTS:
            status, headers, answer = wire.fault(call, FAULTS[what], f"by the gate: {call.name}")
        else:
            status, headers, answer = self.forward(handler, body)
        if what == "kill-after":
            return self.kill(handler)
        for number in SIGNALS.get(what, ()):
            os.kill(self.process.pid, number)
            time.sleep(BETWEEN_SIGNALS)
        handler.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in DROPPED:
                handler.send_header(name, value)
        # An answer to HEAD tells the length of a body that it does not carry.
        told = {name.lower(): value for name, value in headers.items()}.get("content-length") if handler.command == "HEAD" else None
        handler.send_header("content-length", told or str(len(answer)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer)

    def kill(self, handler):
        self.process.kill()
        handler.close_connection = True

    def forward(self, handler, body: bytes):
        """Every header as it came: the signature covers them."""
        with contextlib.closing(http.client.HTTPConnection(self.host, self.port, timeout=60)) as upstream:
            upstream.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() != "connection":
                    upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()


def environ(handler) -> dict:
    """What wire.py reads of a request, under its WSGI names."""
    path, _, query = handler.path.partition("?")
    named = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in handler.headers.items()}
    return named | {"REQUEST_METHOD": handler.command, "PATH_INFO": urllib.parse.unquote(path), "QUERY_STRING": query,
                    "CONTENT_TYPE": handler.headers.get("content-type", ""), "wsgi.url_scheme": "http",
                    "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "0"}

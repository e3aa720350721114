"""An HTTP proxy between the binary and an emulator, for one run of the binary. It counts the calls and injects one fault.

    proxy = FaultProxy(url, Fault("kill-after", 4))
    process = subprocess.Popen([…, "--endpoint", proxy.url])
    proxy.watch(process)

The proxy depends on no operation: it records only the number of calls and their names.
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

import aws_protocols

# The process is killed before the emulator receives the call, or after the emulator has executed it.
KILLS = ("kill-before", "kill-after")
# The emulator executes the call. The signal is sent before the answer.
SIGNALS = {"interrupt": (signal.SIGINT,), "interrupt-twice": (signal.SIGINT, signal.SIGINT), "terminate": (signal.SIGTERM,),
           "abort": (signal.SIGABRT,)}
ERRORS = {"deny": "denied", "throttle": "throttled", "throttle-on": "throttled"}  # …-on: at this call and at all later ones
BETWEEN_SIGNALS = 0.02  # seconds
DROPPED_HEADERS = {"connection", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Fault:
    """A kind of fault, and the number of the call at which it is injected: 1 is the first call."""

    kind: str
    at: int

    def applies_to(self, number: int) -> bool:
        return number == self.at or (self.kind.endswith("-on") and number > self.at)


class FaultProxy:
    def __init__(self, upstream: str, fault: Fault | None = None):
        self.host, self.port = urllib.parse.urlsplit(upstream).hostname, urllib.parse.urlsplit(upstream).port
        self.fault, self.calls, self.fault_applied = fault, [], False
        self.process, self.lock = None, threading.Condition()
        self.open_exchanges = 0
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def exchange(self):
                proxy.exchange(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = exchange

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # the binary was killed and its connection is closed, as intended

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def watch(self, process):
        """Sets the process that receives the signals. Calls wait until the process is set."""
        with self.lock:
            self.process = process
            self.lock.notify_all()

    def close(self):
        """Waits for open exchanges first: the emulator may still execute a call that was sent before the kill."""
        with self.lock:
            self.lock.wait_for(lambda: not self.open_exchanges, timeout=30)
        self.server.shutdown()
        self.server.server_close()

    def called(self) -> list[str]:
        return [call.name for call in self.calls]

    def exchange(self, handler):
        with self.lock:
            self.open_exchanges += 1
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):
                self.respond(handler)
        finally:
            with self.lock:
                self.open_exchanges -= 1
                self.lock.notify_all()

    def respond(self, handler):
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        call = aws_protocols.read_call(wsgi_environment(handler), body)
        with self.lock:
            self.calls.append(call)
            kind = self.fault.kind if self.fault and self.fault.applies_to(len(self.calls)) else None
            self.fault_applied |= bool(kind)
            self.lock.wait_for(lambda: self.process, timeout=10)
        if kind == "kill-before":
            return self.kill(handler)
        if kind in ERRORS:
            status, headers, answer = aws_protocols.error_answer(call, ERRORS[kind], f"injected by the proxy: {call.name}")
        else:
            status, headers, answer = self.forward(handler, body)
        if kind == "kill-after":
            return self.kill(handler)
        for number in SIGNALS.get(kind, ()):
            os.kill(self.process.pid, number)
            time.sleep(BETWEEN_SIGNALS)
        handler.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in DROPPED_HEADERS:
                handler.send_header(name, value)
        # The answer to HEAD has the length of a body that it does not carry.
        upstream_length = {name.lower(): value for name, value in headers.items()}.get("content-length")
        handler.send_header("content-length", upstream_length if handler.command == "HEAD" and upstream_length else str(len(answer)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer)

    def kill(self, handler):
        self.process.kill()
        handler.close_connection = True

    def forward(self, handler, body: bytes):
        """Forwards the headers unchanged, because the signature covers them."""
        with contextlib.closing(http.client.HTTPConnection(self.host, self.port, timeout=60)) as upstream:
            upstream.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() != "connection":
                    upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()


def wsgi_environment(handler) -> dict:
    """Returns the parts of a request that aws_protocols.py reads, under their WSGI names."""
    path, _, query = handler.path.partition("?")
    headers = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in handler.headers.items()}
    return headers | {"REQUEST_METHOD": handler.command, "PATH_INFO": urllib.parse.unquote(path), "QUERY_STRING": query,
                      "CONTENT_TYPE": handler.headers.get("content-type", ""), "wsgi.url_scheme": "http",
                      "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "0"}

"""The request handler of Werkzeug with HTTP/1.1 keep-alive. AWS keeps connections open, and Werkzeug closes them."""

import io

from moto.moto_server.werkzeug_app import MotoRequestHandler


class KeepAliveHandler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # buffered: one packet for each answer

    def log_request(self, *_):
        pass

    def handle_expect_100(self):
        answer = super().handle_expect_100()
        self.wfile.flush()  # the client waits for this answer before it sends the body
        return answer

    def run_wsgi(self):
        environ = self.environ = self.make_environ()
        # The next request on this connection can be read only after the end of this body.
        source = environ["wsgi.input"]
        body = source.read() if environ.get("wsgi.input_terminated") else source.read(int(environ.get("CONTENT_LENGTH") or 0))
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.pop("wsgi.input_terminated", None)
        answer = []

        def start_response(status, headers, exc_info=None):
            answer.extend((status, headers))

        try:
            data = b"".join(self.server.app(environ, start_response))
            status, headers = answer
            self.send_response(int(status.split()[0]))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD" and int(status.split()[0]) not in (204, 304):
                self.wfile.write(data)
            self.wfile.flush()
        except ConnectionError:
            self.close_connection = True

"""A moto account inside this process. A fork of the process is a copy of the account, so a test can break a copy and needs no undo."""

import contextlib
import json
import os
import threading
import traceback

from botocore.exceptions import ClientError

import server


class Failed(Exception):
    """An expectation does not hold, or the work on a copy failed."""


class MotoAccount:
    def __init__(self):
        self.application = server.moto_application()

    @contextlib.contextmanager
    def serving(self):
        """Serves the account, and yields its URL."""
        http = server.moto_server(self.application)
        thread = threading.Thread(target=lambda: http.serve_forever(poll_interval=0.05), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()
            http.server_close()

    def copy(self, work) -> "Copy":
        """Starts the work on a copy of the account. The work gets the URL of the copy, and returns JSON values."""
        reader, writer = os.pipe()
        child = os.fork()
        if child:
            os.close(writer)
            return Copy(child, reader)
        try:
            os.close(reader)
            with self.serving() as url:
                try:
                    answer = {"result": work(url)}
                except (Failed, ClientError) as error:
                    answer = {"error": str(error)}
                except Exception:
                    answer = {"error": traceback.format_exc()}
            with os.fdopen(writer, "w") as pipe:
                json.dump(answer, pipe)
        finally:
            os._exit(0)  # the copy must not run the rest of the program


class Copy:
    """The work on a copy of an account."""

    def __init__(self, child: int, reader: int):
        self.child, self.reader = child, reader

    def result(self):
        with os.fdopen(self.reader) as pipe:
            text = pipe.read()
        os.waitpid(self.child, 0)
        answer = json.loads(text) if text else {"error": "the copy ended without a result"}
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["result"]

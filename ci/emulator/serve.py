"""Runs server.py for the duration of a test."""

import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest


@contextlib.contextmanager
def serve(*options: str):
    """Starts a server, yields its URL, and stops the server."""
    with tempfile.TemporaryDirectory() as scratch:
        url_file = pathlib.Path(scratch, "url")
        program = pathlib.Path(__file__).with_name("server.py")
        child = subprocess.Popen([sys.executable, str(program), *options, "--url-file", str(url_file)], stdout=subprocess.DEVNULL)
        try:
            for _ in range(600):
                if url_file.exists() or child.poll() is not None:
                    break
                time.sleep(0.1)
            yield url_file.read_text().strip()
        finally:
            child.terminate()
            child.wait(timeout=60)


def run_tests(test_case) -> bool:
    """Runs the tests of a class against ministack with its integrations. The class gets the URL of the server."""
    with serve("--ministack", "--integrations") as url:
        test_case.url = url
        return unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(test_case)).wasSuccessful()

"""Searches all files below a folder for values of secrets, in all encodings of a value.

GNU grep does the search, because it accepts thousands of patterns at once.
"""

import base64
import json
import pathlib
import subprocess
import tempfile
import urllib.parse


def forms(value: str) -> dict[str, str]:
    """Returns a value as plain text and in all encodings. In base64, a value inside of a text has three possible
    alignments."""
    raw = value.encode()
    encodings = {"raw": value, "json": json.dumps(value)[1:-1], "json-all": "".join(f"\\u{ord(c):04x}" for c in value),
             "url": urllib.parse.quote(value, safe=""), "url-plus": urllib.parse.quote_plus(value),
             "hex": raw.hex(), "hex-upper": raw.hex().upper(), "bytes": ", ".join(str(byte) for byte in raw), "bytes-dense": ",".join(str(byte) for byte in raw)}
    for shift in range(3):
        # The characters at both ends also depend on the neighbouring bytes.
        text = base64.b64encode(bytes(shift) + raw).decode()
        inner = text[(0, 2, 3)[shift]:((shift + len(raw)) * 8) // 6]
        encodings[f"base64-{shift}"] = inner
        encodings[f"base64url-{shift}"] = inner.replace("+", "-").replace("/", "_")
    return encodings


def search(folder: pathlib.Path, values: set[str]) -> list[str]:
    """Returns the files that contain a value in any form."""
    if not values:
        raise ValueError("there is no value to search for")
    patterns = sorted({form for value in values for form in forms(value).values()})
    with tempfile.NamedTemporaryFile("w", suffix=".forms") as file:  # outside of the folder, so that it is not found itself
        file.write("\n".join(patterns) + "\n")
        file.flush()
        done = subprocess.run(["grep", "-rlaF", "-f", file.name, "--", str(folder)], capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    if done.returncode > 1 or done.stderr:
        raise OSError(done.stderr)
    return done.stdout.splitlines()


def files(folder: pathlib.Path) -> tuple[int, int]:
    """Returns the number of files and the sum of their sizes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)

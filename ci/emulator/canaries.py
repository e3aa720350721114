"""Looks for values of secrets, in every form that they may take, in all files below a folder.

GNU grep does the looking: it takes thousands of forms at once.
"""

import base64
import json
import pathlib
import subprocess
import tempfile
import urllib.parse


def forms(value: str) -> dict[str, str]:
    """A value as it is, and as formats write it. base64 of something that holds it has three alignments."""
    raw = value.encode()
    found = {"raw": value, "json": json.dumps(value)[1:-1], "json-all": "".join(f"\\u{ord(c):04x}" for c in value),
             "url": urllib.parse.quote(value, safe=""), "url-plus": urllib.parse.quote_plus(value),
             "hex": raw.hex(), "hex-upper": raw.hex().upper(), "bytes": ", ".join(str(byte) for byte in raw), "bytes-dense": ",".join(str(byte) for byte in raw)}
    for shift in range(3):
        # The characters at both ends depend on the neighbours too.
        text = base64.b64encode(bytes(shift) + raw).decode()
        inner = text[(0, 2, 3)[shift]:((shift + len(raw)) * 8) // 6]
        found[f"base64-{shift}"] = inner
        found[f"base64url-{shift}"] = inner.replace("+", "-").replace("/", "_")
    return found


def search(folder: pathlib.Path, values: set[str]) -> list[str]:
    """Files in which a value is, in whatever form."""
    if not values:
        raise ValueError("no value to look for")
    wanted = sorted({form for value in values for form in forms(value).values()})
    with tempfile.NamedTemporaryFile("w", suffix=".forms") as file:  # outside of the folder
        file.write("\n".join(wanted) + "\n")
        file.flush()
        done = subprocess.run(["grep", "-rlaF", "-f", file.name, "--", str(folder)], capture_output=True, text=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    if done.returncode > 1 or done.stderr:
        raise OSError(done.stderr)
    return done.stdout.splitlines()


def files(folder: pathlib.Path) -> tuple[int, int]:
    """How many, and their bytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)

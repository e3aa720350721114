"""Runs the binary in a clean environment: without the credentials and settings of the user who runs the script."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CliRunner:
    """A binary, the folder for its output, and additional environment variables."""

    def __init__(self, binary: pathlib.Path, folder: pathlib.Path, **environment: str):
        self.binary, self.folder = binary, folder
        self.environment = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent", **environment}

    def attestry(self, *arguments, code: int = 0, **environment: str) -> str:
        """Returns the output of the binary. An exit code other than `code` is an error."""
        ran = subprocess.run([self.binary, *map(str, arguments)], cwd=ROOT, env={**self.environment, **environment}, capture_output=True, text=True)
        assert ran.returncode == code, f"{arguments}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr

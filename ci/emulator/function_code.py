"""Selects the code of functions/ for each function of the stack, and packs it as a zip. This module must not depend on
the stack."""

import io
import pathlib
import zipfile
from dataclasses import dataclass

FOLDER = pathlib.Path(__file__).with_name("functions")
CHOICES = {
    "rotation": ("right", "broken", "unrepeatable"),
    "detector": ("fixed", "substring"),
    "access_log": ("right", "leaks", "leaks-base64", "leaks-url", "drops"),
}


@dataclass(frozen=True)
class Code:
    """The selected code of each function. The default is the right code."""

    rotation: str = "right"
    detector: str = "fixed"
    access_log: str = "right"

    @property
    def leaks(self) -> bool:
        return self.access_log.startswith("leaks")

    @property
    def leak_as(self) -> str:
        return self.access_log.partition("-")[2] or "plain"

    def rotation_zip(self) -> bytes:
        return sources(index=f"rotation_{self.rotation}")

    def anomaly_zip(self) -> bytes:
        access_log = self.access_log.partition("-")[0]
        return sources(index="anomaly", alert="alert", detector=f"detector_{self.detector}", access_record="access_record",
                       access_log=f"access_log_{access_log}")


def sources(**modules: str) -> bytes:
    return zipped({f"{name}.py": (FOLDER / f"{source}.py").read_text() for name, source in modules.items()})


def zipped(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # without the date: the same code gives the same zip
    return packed.getvalue()

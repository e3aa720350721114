"""Which of the functions in functions/ is deployed in which role, and its zip. Knows nothing of the stack."""

import io
import pathlib
import zipfile
from dataclasses import dataclass

FOLDER = pathlib.Path(__file__).with_name("functions")
CHOICES = {
    "rotation": ("right", "broken"),
    "detector": ("fixed", "substring"),
    "access_log": ("right", "leaks", "leaks-base64", "leaks-url", "drops"),
}


@dataclass(frozen=True)
class Code:
    """The right functions, but for what is named."""

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
            archive.writestr(zipfile.ZipInfo(name), text)  # no date of its own: the same code is the same zip
    return packed.getvalue()

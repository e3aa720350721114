"""Paging in the form of AWS, for operations that moto answers as a whole."""

from moto.core.exceptions import JsonRESTError


def page(items: list, token: str | None, size: int) -> tuple[list, str | None]:
    start = int(token or 0)
    end = start + size
    return items[start:end], str(end) if end < len(items) else None


def checked_size(value, default: int, most: int, name: str) -> int:
    if value is not None and not 1 <= int(value) <= most:
        raise JsonRESTError("ValidationException", f"{name} must be between 1 and {most}")
    return int(value or default)

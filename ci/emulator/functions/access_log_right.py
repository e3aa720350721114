"""Writes one record for each read, without the value."""

import access_record


def write(event):
    if "errorCode" not in event["detail"]:  # a denied read is no access
        access_record.put(access_record.of(event))

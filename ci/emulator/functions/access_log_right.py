"""One record a read, with no form of the value."""

import access_record


def write(event):
    if "errorCode" not in event["detail"]:  # a refused read is not an access
        access_record.put(access_record.of(event))

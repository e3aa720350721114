"""Writes nothing and says nothing. Wrong on purpose: a function that does not fail is not yet one that records."""

import access_record


def write(event):
    try:
        access_record.put(access_record.of(event["Detail"]))  # the key is `detail`
    except KeyError:
        pass

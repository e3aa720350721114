"""Runs ministack with the fields that AWS always sends and ministack omits. The binary refuses an answer without them.

integrations.py installs the same patches.
"""

import re

from ministack import app
from ministack.core.responses import get_account_id
from ministack.services import iam, kms, s3


def install():
    key_metadata = kms._key_metadata
    kms._key_metadata = lambda key: key_metadata(key) | {"AWSAccountId": get_account_id()}
    iam._IAM_HANDLERS["GetAccountAuthorizationDetails"] = with_is_attachable
    s3._list_multipart_uploads = with_end_markers(s3._list_multipart_uploads, NextKeyMarker="Key", NextUploadIdMarker="UploadId")
    s3._list_parts = with_end_markers(s3._list_parts, NextPartNumberMarker="PartNumber")


def with_is_attachable(request: dict) -> tuple:
    """Adds IsAttachable to each policy."""
    status, headers, body = iam._get_account_authorization_details(request)
    return status, headers, body.replace(b"</DefaultVersionId>", b"</DefaultVersionId><IsAttachable>true</IsAttachable>")


def with_end_markers(list_items, **markers: str):
    """Adds the markers of its last item to a list of S3. AWS sends them on the last page, too."""
    def call(*arguments):
        status, headers, body = list_items(*arguments)
        for marker, element in markers.items() if status == 200 else ():
            if f"<{marker}>".encode() not in body:
                values = re.findall(rf"<{element}>([^<]*)</{element}>".encode(), body.partition(b"<IsTruncated>")[2])
                last = values[-1] if values else b"0" if element == "PartNumber" else b""
                body = re.sub(rb"</\w+>$", lambda end: f"<{marker}>".encode() + last + f"</{marker}>".encode() + end[0], body)
        return status, headers, body
    return call


if __name__ == "__main__":
    install()
    app.main()

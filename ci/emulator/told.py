"""Runs ministack with what AWS always sends and ministack leaves out: the binary believes no answer without it. wiring.py adds
the same.
"""

import re

from ministack import app
from ministack.core.responses import get_account_id
from ministack.services import iam, kms, s3


def install():
    key_metadata = kms._key_metadata
    kms._key_metadata = lambda key: key_metadata(key) | {"AWSAccountId": get_account_id()}
    iam._IAM_HANDLERS["GetAccountAuthorizationDetails"] = attachable
    s3._list_multipart_uploads = ending(s3._list_multipart_uploads, NextKeyMarker="Key", NextUploadIdMarker="UploadId")
    s3._list_parts = ending(s3._list_parts, NextPartNumberMarker="PartNumber")


def attachable(asked: dict) -> tuple:
    """Policies tell whether they can be attached."""
    status, headers, body = iam._get_account_authorization_details(asked)
    return status, headers, body.replace(b"</DefaultVersionId>", b"</DefaultVersionId><IsAttachable>true</IsAttachable>")


def ending(inner, **markers: str):
    """Lists of S3 tell on their last page too where they ended."""
    def call(*asked):
        status, headers, body = inner(*asked)
        for marker, of in markers.items() if status == 200 else ():
            if f"<{marker}>".encode() not in body:
                last = re.findall(rf"<{of}>([^<]*)</{of}>".encode(), body.partition(b"<IsTruncated>")[2]) or [b"0" if of == "PartNumber" else b""]
                body = re.sub(rb"</\w+>$", lambda end: f"<{marker}>".encode() + last[-1] + f"</{marker}>".encode() + end[0], body)
        return status, headers, body
    return call


if __name__ == "__main__":
    install()
    app.main()

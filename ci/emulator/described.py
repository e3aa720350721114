"""Deploys the resources of a described account to an emulated account, never to AWS.

    described.py --url URL --account suites/accounts/buzz-tutor.yaml

It creates the resources of the calls that it can translate, in each Region of the described account. The functions are in
described_security.py, described_records.py and described_workloads.py, one for each service. An emulator has no past, so
no date is deployed. The emulator chooses the ids of keys and the endings of ARNs. Prints one JSON object: the calls that
were made by service, and the calls that the endpoint refused.
"""

import argparse
import collections
import datetime
import functools
import json
import sys
import urllib.parse

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import described_records
import described_security
import described_workloads
from server import ACCOUNT

# Keys come first, because other resources name them. Secrets come before the tasks that read them.
EVERY_REGION = (
    described_security.keys, described_records.groups, described_records.topics, described_records.alarms, described_records.rules,
    described_workloads.functions, described_workloads.parameters, described_workloads.documents, described_security.secrets,
    described_workloads.schedules, described_workloads.databases, described_workloads.tasks, described_workloads.jobs,
    described_workloads.api_keys, described_workloads.target_groups, described_workloads.vaults, described_security.config,
    described_security.watchers, described_security.authorities,
)
GLOBAL = ("iam", "s3")  # services without Regions
# These resources have no Region, or the calls of the other Regions return them too.
FIRST_REGION = (described_security.identities, described_records.buckets, described_records.objects, described_records.trails)


class Deployment:
    """One described account on one endpoint."""

    def __init__(self, url: str, text: str):
        self.url = url
        described = yaml.load(text, yaml.CSafeLoader)
        self.regions = described["regions"]
        self.age = datetime.datetime.now(datetime.timezone.utc) - described["as_of"]
        self.region = self.regions[0]
        self.text = text.replace(described["account"], ACCOUNT)
        self.created, self.refused = collections.Counter(), []
        self.client = functools.cache(self._client)
        self._read = None

    def replace(self, described: str, created: str):
        """Replaces a described name with the name that the emulator chose."""
        self.text, self._read = self.text.replace(described, created), None

    def answers(self, service: str, operation: str) -> dict:
        """Returns the described answer of an operation in the current Region, or its answers by the value of a parameter."""
        self._read = self._read or yaml.load(self.text, yaml.CSafeLoader)["answers"]
        own = self._read.get(f"{service} in {self.region}", {})
        if self.region == self.regions[0] or own or service in GLOBAL:
            own = self._read.get(service, {}) | own
        answer = own.get(operation, {})
        by = [value for key, value in answer.items() if key.startswith("by ")]
        return by[0] if by else answer

    def answer(self, service: str, operation: str, name: str) -> dict:
        """Returns the described answer of an operation for one resource. A described error is an empty answer."""
        answers = self.answers(service, operation)
        named = [value for key, value in answers.items() if name == key or name.endswith((f":{key}", f"/{key}"))]
        answer = (named or [answers.get("*", answers)])[0]
        return {} if "error" in answer else answer

    def first_bucket(self) -> str:
        """Returns the name of a bucket, for the services that deliver to one in every Region."""
        return self.answers("s3", "ListBuckets")["Buckets"][0]["Name"]

    def _client(self, service: str, region: str):
        return boto3.client(service, region_name=region, endpoint_url=self.url, aws_access_key_id=ACCOUNT, aws_secret_access_key="emulator",
                            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))

    def call(self, service: str, operation: str, **parameters):
        """Makes one call. A refusal is kept for the report, because an emulator lacks some operations."""
        try:
            answer = getattr(self.client(service, self.region), operation)(**parameters)
        except (ClientError, BotoCoreError, AttributeError) as error:
            self.refused.append(f"{service}:{operation}: {str(error)[:160]}")
            return None
        self.created[service] += 1
        return answer

    def deploy(self) -> dict:
        for self.region in self.regions:
            for part in EVERY_REGION:
                part(self)
                if part is described_security.keys and self.region == self.regions[0]:
                    for other in FIRST_REGION:
                        other(self)
        self.region = self.regions[0]
        return {"account": ACCOUNT, "regions": self.regions, "calls": dict(self.created), "refused": self.refused}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--account", required=True)
    args = parser.parse_args()
    if urllib.parse.urlsplit(args.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("--url must be a loopback endpoint: this program deploys to emulators only")
    with open(args.account, encoding="utf-8") as file:
        report = Deployment(args.url, file.read()).deploy()
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Evidence is pushed to a bucket of ministack with Object Lock. The push is killed at each request and repeated. Lists and samples of
the evidence are compared. Findings are pushed to the Security Hub of moto.

    push_test.py --binary target/debug/attestry

The bucket is on ministack, because moto has no checksums of parts and loses the retention of objects. Where both emulators differ
from the documentation of S3, the Rust tests of the bucket use recorded answers.
"""

import argparse
import base64
import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import boto3
from botocore.exceptions import ClientError

from cli_runner import ROOT, CliRunner
from fault_proxy import Fault, FaultProxy
from serve import serve

ACCOUNT, REGION = "123456789012", "ap-southeast-2"
KEYS = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator"}
TODAY = datetime.datetime.now(datetime.UTC).date()
# The name of another version. This version cannot reproduce the reports of such evidence. It reports this, and verifies
# the rest.
OTHER_VERSION = "attestry 0.0.1"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/debug/attestry", type=pathlib.Path)
    parser.add_argument("--no-kills", action="store_true", help="without the kill matrix")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        cli = Runner(args.binary.resolve(), pathlib.Path(scratch), **KEYS)
        small, large = cli.bundles()
        with serve("--ministack") as url:
            buckets = Buckets(url)
            check_refusals(cli, buckets, small)
            push_and_find(cli, buckets, small)
            sample_by_date(cli, buckets)
            push_in_parts(cli, buckets, large)
            if not args.no_kills:
                kill_each_push(cli, url, buckets, large)
        with serve("--moto") as url:
            push_findings(cli, url)
    print("push: evidence is kept, locked and found, and findings are imported")
    return 0


class Runner(CliRunner):
    def bundles(self) -> tuple[pathlib.Path, pathlib.Path]:
        """Returns a bundle of a run, and a larger bundle in the name of another version. The larger bundle has a file
        of random bytes, which cannot be compressed. So its upload has two parts."""
        out, small, large = self.folder / "out", self.folder / "small.tar.zst", self.folder / "large.tar.zst"
        self.attestry("run", "suites/mod-045.yaml", "--stage", "embedded", "--quiet", "--out", out, "--bundle", small)
        enlarged = self.folder / "enlarged"
        shutil.copytree(out, enlarged)
        filler = os.urandom(6 << 20)
        (enlarged / "filler.bin").write_bytes(filler)
        manifest = json.loads((enlarged / "manifest.json").read_bytes())
        manifest["files"] = sorted([*manifest["files"], {"path": "filler.bin"}], key=lambda it: it["path"])
        (enlarged / "manifest.json").write_text(json.dumps(manifest))
        rewrite_record(enlarged, tool=OTHER_VERSION)
        self.attestry("evidence", "pack", enlarged, large)
        shutil.rmtree(enlarged)
        return small, large


class Buckets:
    """The buckets, read with boto3 and without Attestry."""

    def __init__(self, url: str):
        self.url = url
        self.s3 = boto3.client("s3", endpoint_url=url, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="emulator")
        where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        self.s3.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True, **where)
        self.s3.create_bucket(Bucket="plain", **where)
        self.s3.create_bucket(Bucket="versions", **where)
        self.s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})

    def versions(self, prefix: str) -> dict[str, list[dict]]:
        found = {}
        for it in self.s3.list_object_versions(Bucket="kept", Prefix=prefix).get("Versions", []):
            found.setdefault(it["Key"], []).append(it)
        return found

    def body(self, key: str) -> bytes:
        return self.s3.get_object(Bucket="kept", Key=key)["Body"].read()

    def until(self, key: str) -> datetime.datetime:
        retention = self.s3.get_object_retention(Bucket="kept", Key=key)["Retention"]
        assert retention["Mode"] == "COMPLIANCE", retention
        return retention["RetainUntilDate"]

    def uploads(self) -> list[dict]:
        return self.s3.list_multipart_uploads(Bucket="kept").get("Uploads", [])


def check_refusals(cli: Runner, buckets: Buckets, small: pathlib.Path):
    for bucket, message in (("plain", "versioning of the bucket plain is off"), ("versions", "has no Object Lock"), ("missing-bucket", "does not exist")):
        output = cli.attestry("evidence", "push", small, f"s3://{bucket}/a", "--endpoint", buckets.url, code=6)
        assert message in output, output
        if bucket != "missing-bucket":
            assert "Contents" not in buckets.s3.list_objects_v2(Bucket=bucket), "nothing is written to a bucket that cannot keep it"
    for to, more, message in (("kept", [], "s3://BUCKET"), ("s3://kept/../a", [], "prefix"),
                            ("s3://kept/a", ["--retain", "365d"], "7 years"), ("s3://kept/a", ["--retain", "10y"], "weeks or days")):
        output = cli.attestry("evidence", "push", small, to, "--endpoint", buckets.url, *more, code=2)
        assert message in output, output
    damaged = cli.folder / "damaged.tar.zst"
    damaged.write_bytes(small.read_bytes()[:-9])
    cli.attestry("evidence", "push", damaged, "s3://kept/a", "--endpoint", buckets.url, code=6)
    assert not buckets.versions("a"), "damaged evidence is not kept"
    print("  buckets that cannot keep evidence, too short retentions and damaged bundles are refused")


def push_and_find(cli: Runner, buckets: Buckets, small: pathlib.Path):
    push = ["evidence", "push", small, "s3://kept/bank/evidence", "--endpoint", buckets.url]
    output = cli.attestry(*push)
    assert output.count("written") == 2 and output.count("read back and verified") == 2, output
    (bundle, index) = sorted(buckets.versions("bank/evidence/"))
    assert index == bundle + ".json" and f"/mod-045/embedded/{TODAY:%Y/%m}/" in bundle, bundle
    assert buckets.body(bundle) == small.read_bytes()
    attributes = buckets.s3.head_object(Bucket="kept", Key=bundle, ChecksumMode="ENABLED")
    assert attributes["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(small.read_bytes()).digest()).decode()
    seven_years = datetime.datetime.now(datetime.UTC).replace(year=TODAY.year + 7) - datetime.timedelta(hours=1)
    assert buckets.until(bundle) > seven_years and buckets.until(index) == buckets.until(bundle)
    with contextlib.suppress(ClientError):
        version = buckets.s3.head_object(Bucket="kept", Key=bundle)["VersionId"]
        buckets.s3.delete_object(Bucket="kept", Key=bundle, VersionId=version)
        raise AssertionError("a locked object was deleted")
    # Push again, with a longer retention, and with another content.
    assert cli.attestry(*push).count("was there already") == 2
    cli.attestry(*push, "--retain", "3653d")
    ten_years = buckets.until(bundle)
    assert ten_years > seven_years + datetime.timedelta(days=365 * 2), ten_years
    cli.attestry(*push)
    assert buckets.until(bundle) == ten_years, "no retention becomes shorter"
    assert all(len(versions) == 1 for versions in buckets.versions("bank/evidence/").values()), "nothing is written twice"
    key = cli.folder / "key.pem"
    cli.attestry("evidence", "keygen", key)
    signed = cli.folder / "signed.tar.zst"
    cli.attestry("evidence", "pack", small, signed, "--sign", key)
    output = cli.attestry("evidence", "push", signed, *push[3:], code=6)
    assert "already there with another content" in output and buckets.body(bundle) == small.read_bytes(), output
    assert "not signed" in cli.attestry(*push, "--key", f"{key}.pub", code=6)
    # A bundle that was downloaded without Attestry verifies, too.
    copy = cli.folder / "copy.tar.zst"
    copy.write_bytes(buckets.body(bundle))
    cli.attestry("verify", copy)
    list_and_sample(cli, buckets, bundle)
    print("  a bundle is kept once and not overwritten, and its retention only becomes longer")


def list_and_sample(cli: Runner, buckets: Buckets, bundle: str):
    location = ["s3://kept/bank/evidence", "--endpoint", buckets.url]
    (listed,) = json.loads(cli.attestry("evidence", "list", *location, "--json"))
    cases = json.loads((cli.folder / "out/results.json").read_text())["cases"]
    assert listed["evidence"] == f"s3://kept/{bundle}" and len(listed["cases"]) == len(cases) > 0, listed["evidence"]
    sample = lambda on, *where: json.loads(cli.attestry("evidence", "find", "--control", "SC-12", "--on", on, "--json", *where))
    (today,), (before,) = sample(TODAY.isoformat(), *location)["answers"], sample("2026-03-31", *location)["answers"]
    assert today["last"]["evidence"] == listed["evidence"] and today["next"] is None
    assert before["last"] is None and before["next"]["run"] == today["last"]["run"]
    assert all(case["verdict"] == "met" and case["population"]["enumerated"] for case in today["last"]["cases"])
    (local,) = sample(TODAY.isoformat(), cli.folder / "out")["answers"]
    assert local["last"]["cases"] == today["last"]["cases"], "a directory gives the same answer as the bucket"
    output = cli.attestry("evidence", "find", "--control", "SC-21", "--on", TODAY, *location, code=4)
    assert "did you mean `SC-12`" in output, output
    # The bundle is deleted and the index is overwritten. The lock keeps the first versions, and Attestry reads them.
    buckets.s3.delete_object(Bucket="kept", Key=bundle)
    buckets.s3.put_object(Bucket="kept", Key=bundle + ".json", Body=b"{}")
    output = cli.attestry("evidence", "find", "--control", "SC-12", "--on", TODAY, *location)
    assert "was deleted or written over" in output and today["last"]["run"] in output, output
    first = lambda key: min(buckets.versions(key)[key], key=lambda it: it["LastModified"])["VersionId"]
    original = lambda key: buckets.s3.get_object(Bucket="kept", Key=key, VersionId=first(key))["Body"].read()
    # A forged index is detected: it does not match its bundle.
    index = json.loads(original(bundle + ".json"))
    index["summary"]["cases"][0]["verdict"] = "violated"
    forged = "forged/" + bundle.removeprefix("bank/evidence/")
    buckets.s3.put_object(Bucket="kept", Key=forged, Body=original(bundle))
    buckets.s3.put_object(Bucket="kept", Key=forged + ".json", Body=json.dumps(index).encode())
    control = index["summary"]["cases"][0]["controls"][0]
    output = cli.attestry("evidence", "find", "--control", control, "--on", TODAY, "s3://kept/forged", "--endpoint", buckets.url, code=6)
    assert "another bundle" in output, output
    buckets.s3.put_object(Bucket="kept", Key="alone/1/a/b/2026/11/21/20261121T055012Z-5e8a18dc.zip", Body=b"x")
    output = cli.attestry("evidence", "list", "s3://kept/alone", "--endpoint", buckets.url, code=6)
    assert "push it again" in output, output
    print("  lists and samples are the same from a bucket and from a directory, and no index is trusted")


SUITE = """
suite: kept
title: Evidence that is kept for ten years
keep_evidence: 3653d
policies: [policy.yaml]
stages: { account: { account: "123456789012", regions: [ap-southeast-2], described: account.yaml } }
"""
POLICY = """
id: K-1
title: Keys are in use
severity: low
controls: { nist-800-53-r5: [SC-12] }
cases:
  enabled:
    each: kms.key
    when_none: met
    expect: { state: Enabled }
    examples: { met: { state: Enabled }, violated: { state: Disabled } }
"""
DESCRIBED = """
account: "123456789012"
regions: [ap-southeast-2]
as_of: 2026-03-31T00:00:00Z
answers: { kms: { ListKeys: { Keys: [] }, ListAliases: { Aliases: [] } } }
"""


def sample_by_date(cli: Runner, buckets: Buckets):
    """Tests `evidence find` with runs of other days, of a suite with a retention of ten years. The dates in the record
    of a run and its manifest are rewritten."""
    root = cli.folder / "year"
    root.mkdir()
    for name, text in (("suite.yaml", SUITE), ("policy.yaml", POLICY), ("account.yaml", DESCRIBED)):
        (root / name).write_text(text)
    cli.attestry("run", root / "suite.yaml", "--stage", "account", "--quiet", "--out", root / "out")
    runs = root / "runs"
    for index, started in enumerate(("2026-03-30T05:00:00Z", "2026-03-31T23:59:59.5Z", "2026-04-01T00:00:00Z", "2026-04-02T05:00:00Z")):
        forged = runs / started[:10]
        shutil.copytree(root / "out", forged)
        run = f"{started[:19]}Z-0000000{index}".replace("-", "", 2).replace(":", "")
        rewrite_record(forged, id=run, started=started, finished=started, tool=OTHER_VERSION)
        bundle = root / f"{index}.zip"
        cli.attestry("evidence", "pack", forged, bundle)
        cli.attestry("evidence", "push", bundle, "s3://kept/year", "--endpoint", buckets.url)
        cli.attestry("evidence", "push", bundle, "s3://kept/year", "--endpoint", buckets.url, "--retain", "3000d", code=2)
    ends = {buckets.until(key).date() for key in buckets.versions("year/")}
    assert min(ends) == datetime.date(2036, 3, 30), "the suite has a retention of ten years"

    def sample(on: str, *where, code=0):
        output = cli.attestry("evidence", "find", "--control", "nist-800-53-r5:SC-12", "--on", on, "--json", *where, code=code)
        (answer,) = json.loads(output[:output.rindex("}") + 1])["answers"]
        return tuple(answer[which] and answer[which]["started"] for which in ("last", "next"))

    for where in ([runs], ["s3://kept/year", "--endpoint", buckets.url]):
        assert sample("2026-03-29", *where) == (None, "2026-03-30T05:00:00Z")
        assert sample("2026-03-30", *where) == ("2026-03-30T05:00:00Z", "2026-03-31T23:59:59.5Z")
        assert sample("2026-03-31", *where) == ("2026-03-31T23:59:59.5Z", "2026-04-01T00:00:00Z")
        assert sample("2027-01-01", *where) == ("2026-04-02T05:00:00Z", None)
    # Damaged evidence is named, and the other evidence is still found.
    (runs / "no.zip").write_bytes(b"PK no archive")
    (runs / "2026-03-31/results.json").write_text("{}")
    output = cli.attestry("evidence", "find", "--control", "SC-12", "--on", "2026-03-31", runs, code=6)
    assert "altered file: results.json" in output and "no.zip" in output and "2 pieces of evidence" in output, output
    assert "2026-03-30T05:00:00Z" in output and "2026-04-01T00:00:00Z" in output, output
    print("  for each day, the last run before its end and the first run after it are found")


def rewrite_record(folder: pathlib.Path, **changes: str):
    """Changes the record of a run and writes a matching manifest, as a forger would. Only a signature would reveal it."""
    record = folder / "evidence/run.json"
    run = json.loads(record.read_text()) | changes
    record.write_text(json.dumps(run, indent=2) + "\n")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["link"]["run"] = run["id"]
    for entry in manifest["files"]:
        data = (folder / entry["path"]).read_bytes()
        entry |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def push_in_parts(cli: Runner, buckets: Buckets, large: pathlib.Path):
    output = cli.attestry("evidence", "push", large, "s3://kept/large", "--endpoint", buckets.url)
    bundle = sorted(buckets.versions("large/"))[0]
    assert "read back and verified" in output and buckets.body(bundle) == large.read_bytes()
    head = buckets.s3.head_object(Bucket="kept", Key=bundle, ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"].endswith("-2") and buckets.until(bundle), head
    print("  a large bundle is uploaded in parts")


def kill_each_push(cli: Runner, url: str, buckets: Buckets, large: pathlib.Path):
    """Kills the push after each request, before it receives the answer. A kill before a request is the same as a kill after the
    previous request."""
    at, resumed = 0, 0
    while True:
        at += 1
        prefix = f"killed-{at}"
        proxy = FaultProxy(url, Fault("kill-after", at))
        command = [cli.binary, "evidence", "push", large, f"s3://kept/{prefix}", "--endpoint", proxy.url]
        process = subprocess.Popen(command, cwd=ROOT, env=cli.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        proxy.watch(process)
        process.wait(timeout=120)
        proxy.close()
        if not proxy.fault_applied:
            assert process.returncode == 0, "the push without a kill failed"
            break
        second_proxy = FaultProxy(url)
        second_proxy.watch(object())
        output = cli.attestry("evidence", "push", large, f"s3://kept/{prefix}", "--endpoint", second_proxy.url)
        second_proxy.close()
        before, after = proxy.called().count("s3:UploadPart"), second_proxy.called().count("s3:UploadPart")
        assert before + after == 2, f"killed at {at}: each part is uploaded once: {proxy.called()} {second_proxy.called()}"
        resumed += bool(before and after)
        objects = buckets.versions(f"{prefix}/")
        assert len(objects) == 2 and all(len(versions) == 1 for versions in objects.values()), f"killed at {at}: {objects}\n{output}"
        bundle = sorted(objects)[0]
        assert buckets.body(bundle) == large.read_bytes() and buckets.until(bundle) == buckets.until(bundle + ".json")
        assert not [it for it in buckets.uploads() if it["Key"].startswith(prefix)], f"killed at {at}: an upload is left behind"
        copy = cli.folder / "killed.tar.zst"
        copy.write_bytes(buckets.body(bundle))
        cli.attestry("verify", copy)
    assert at > 12 and resumed, f"{at - 1} kills, {resumed} resumed between parts"
    print(f"  killed after each of {at - 1} requests and pushed again: the bundle is complete, and there is one version")


def push_findings(cli: Runner, url: str):
    out = cli.folder / "moto"
    # This account has no buckets of archives, so some cases are not evaluated.
    cli.attestry("run", "suites/mod-045.yaml", "--stage", "moto", "--endpoint", url, "--quiet", "--out", out, code=3)
    expected = {it["Id"]: it for it in json.loads((out / "findings.asff.json").read_text())}
    hub = boto3.client("securityhub", endpoint_url=url, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="emulator")
    for _ in range(2):  # a second import of the same findings changes nothing
        output = cli.attestry("push", "securityhub", out, "--endpoint", url)
        assert f"{len(expected)} findings imported, 0 not" in output, output
        kept = {it["Id"]: it for page in hub.get_paginator("get_findings").paginate() for it in page["Findings"]}
        assert kept.keys() == expected.keys()
    assert all(kept[id]["Compliance"]["Status"] == it["Compliance"]["Status"] for id, it in expected.items())
    output = cli.attestry("push", "securityhub", out, code=2)
    assert "only findings from AWS go to Security Hub" in output, output
    output = cli.attestry("push", "securityhub", cli.folder / "out", "--endpoint", url, code=2)
    assert "647751526084" in output, output
    proxy = FaultProxy(url, Fault("deny", 2))
    proxy.watch(object())
    output = cli.attestry("push", "securityhub", out, "--endpoint", proxy.url, code=6)
    proxy.close()
    refused = min(100, len(expected))  # a request has at most 100 findings, and the first request is refused
    assert "denied securityhub:BatchImportFindings" in output, output
    assert f"{len(expected) - refused} findings imported, {refused} not" in output, output
    # Findings that no longer exist are archived, and the others are not.
    subprocess.run([sys.executable, pathlib.Path(__file__).with_name("deploy.py"), "--url", url], check=True, stdout=subprocess.DEVNULL)
    later = cli.folder / "moto-later"
    cli.attestry("run", "suites/mod-045.yaml", "--stage", "moto", "--endpoint", url, "--quiet", "--out", later)
    cli.attestry("push", "securityhub", later, "--after", out, "--endpoint", url)
    active = {it["Id"] for it in json.loads((later / "findings.asff.json").read_text())}
    kept = {it["Id"]: it for page in hub.get_paginator("get_findings").paginate() for it in page["Findings"]}
    assert {id for id, it in kept.items() if it["RecordState"] == "ACTIVE"} == active, "only the findings of the later run are active"
    archived = len(kept) - len(active)
    assert archived > 0 and kept.keys() == expected.keys() | active
    cli.attestry("push", "securityhub", out, "--after", later, "--endpoint", url, code=2)
    print(f"  {len(expected)} findings are in Security Hub once after two imports; {archived} are archived after they were mended")


if __name__ == "__main__":
    sys.exit(main())

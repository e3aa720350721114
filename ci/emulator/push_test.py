"""Evidence pushed into a bucket with Object Lock of ministack, killed at each request and pushed again; lists and samples of
it; findings pushed into moto's Security Hub.

    push_test.py --binary target/debug/attestry

ministack, because moto has neither checksums of parts nor retention that stays. Where neither does what S3 documents, recorded
answers do: src/aws/bucket/tests.rs.
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

from desk import ROOT, Desk
from gate import Gate, Trouble
from serving import serving

ACCOUNT, REGION = "123456789012", "ap-southeast-2"
KEYS = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator"}
TODAY = datetime.datetime.now(datetime.UTC).date()
# What another version wrote, this one cannot write again. It says so, and takes it for the rest.
OTHER = "attestry 0.0.1"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/debug/attestry", type=pathlib.Path)
    parser.add_argument("--no-kills", action="store_true", help="leave the kill matrix out")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        desk = Runs(args.binary.resolve(), pathlib.Path(scratch), **KEYS)
        small, large = desk.bundles()
        with serving("--ministack") as url:
            shelf = Shelf(url)
            refusals(desk, shelf, small)
            kept_and_found(desk, shelf, small)
            a_year_of_runs(desk, shelf)
            large_ones(desk, shelf, large)
            if not args.no_kills:
                kills(desk, url, shelf, large)
        with serving("--moto") as url:
            findings(desk, url)
    print("push: kept, locked, found and told")
    return 0


class Runs(Desk):
    def bundles(self) -> tuple[pathlib.Path, pathlib.Path]:
        """A bundle of a run, and the same as another version may leave it, with a file that makes it two parts: nobody can
        compress it."""
        out, small, large = self.folder / "out", self.folder / "small.tar.zst", self.folder / "large.tar.zst"
        self.attestry("run", "suites/mod-045.yaml", "--stage", "embedded", "--quiet", "--out", out, "--bundle", small)
        grown = self.folder / "grown"
        shutil.copytree(out, grown)
        filler = os.urandom(6 << 20)
        (grown / "filler.bin").write_bytes(filler)
        manifest = json.loads((grown / "manifest.json").read_bytes())
        manifest["files"] = sorted([*manifest["files"], {"path": "filler.bin"}], key=lambda it: it["path"])
        (grown / "manifest.json").write_text(json.dumps(manifest))
        remade(grown, tool=OTHER)
        self.attestry("evidence", "pack", grown, large)
        shutil.rmtree(grown)
        return small, large


class Shelf:
    """The buckets, as somebody sees them who does not use Attestry."""

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


def refusals(desk: Runs, shelf: Shelf, small: pathlib.Path):
    for bucket, words in (("plain", "versioning of the bucket plain is off"), ("versions", "has no Object Lock"), ("nobodys-bucket", "does not exist")):
        told = desk.attestry("evidence", "push", small, f"s3://{bucket}/a", "--endpoint", shelf.url, code=6)
        assert words in told, told
        if bucket != "nobodys-bucket":
            assert "Contents" not in shelf.s3.list_objects_v2(Bucket=bucket), "nothing is written where it would not stay"
    for to, more, words in (("kept", [], "s3://BUCKET"), ("s3://kept/../a", [], "prefix"),
                            ("s3://kept/a", ["--retain", "365d"], "7 years"), ("s3://kept/a", ["--retain", "10y"], "weeks or days")):
        told = desk.attestry("evidence", "push", small, to, "--endpoint", shelf.url, *more, code=2)
        assert words in told, told
    damaged = desk.folder / "damaged.tar.zst"
    damaged.write_bytes(small.read_bytes()[:-9])
    desk.attestry("evidence", "push", damaged, "s3://kept/a", "--endpoint", shelf.url, code=6)
    assert not shelf.versions("a"), "damaged evidence is not kept"
    print("  buckets that would not keep it, too short a time and damaged bundles are refused")


def kept_and_found(desk: Runs, shelf: Shelf, small: pathlib.Path):
    push = ["evidence", "push", small, "s3://kept/bank/evidence", "--endpoint", shelf.url]
    told = desk.attestry(*push)
    assert told.count("written") == 2 and told.count("read back and verified") == 2, told
    (bundle, index) = sorted(shelf.versions("bank/evidence/"))
    assert index == bundle + ".json" and f"/mod-045/embedded/{TODAY:%Y/%m}/" in bundle, bundle
    assert shelf.body(bundle) == small.read_bytes()
    attributes = shelf.s3.head_object(Bucket="kept", Key=bundle, ChecksumMode="ENABLED")
    assert attributes["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(small.read_bytes()).digest()).decode()
    seven_years = datetime.datetime.now(datetime.UTC).replace(year=TODAY.year + 7) - datetime.timedelta(hours=1)
    assert shelf.until(bundle) > seven_years and shelf.until(index) == shelf.until(bundle)
    with contextlib.suppress(ClientError):
        version = shelf.s3.head_object(Bucket="kept", Key=bundle)["VersionId"]
        shelf.s3.delete_object(Bucket="kept", Key=bundle, VersionId=version)
        raise AssertionError("the lock lets it be deleted")
    # Again, longer, and with another content.
    assert desk.attestry(*push).count("was there already") == 2
    desk.attestry(*push, "--retain", "3653d")
    ten_years = shelf.until(bundle)
    assert ten_years > seven_years + datetime.timedelta(days=365 * 2), ten_years
    desk.attestry(*push)
    assert shelf.until(bundle) == ten_years, "no lock gets shorter"
    assert all(len(of) == 1 for of in shelf.versions("bank/evidence/").values()), "nothing is written twice"
    key = desk.folder / "key.pem"
    desk.attestry("evidence", "keygen", key)
    signed = desk.folder / "signed.tar.zst"
    desk.attestry("evidence", "pack", small, signed, "--sign", key)
    told = desk.attestry("evidence", "push", signed, *push[3:], code=6)
    assert "already there with another content" in told and shelf.body(bundle) == small.read_bytes(), told
    assert "not signed" in desk.attestry(*push, "--key", f"{key}.pub", code=6)
    # Whoever got it from the bucket by other means verifies it.
    copy = desk.folder / "copy.tar.zst"
    copy.write_bytes(shelf.body(bundle))
    desk.attestry("verify", copy)
    found(desk, shelf, bundle)
    print("  a bundle is kept once, locked for longer and never for shorter, and not overwritten")


def found(desk: Runs, shelf: Shelf, bundle: str):
    place = ["s3://kept/bank/evidence", "--endpoint", shelf.url]
    (listed,) = json.loads(desk.attestry("evidence", "list", *place, "--json"))
    assert listed["evidence"] == f"s3://kept/{bundle}" and len(listed["cases"]) == 97, listed["evidence"]
    sample = lambda on, *where: json.loads(desk.attestry("evidence", "find", "--control", "SC-12", "--on", on, "--json", *where))
    (today,), (before,) = sample(TODAY.isoformat(), *place)["answers"], sample("2026-03-31", *place)["answers"]
    assert today["last"]["evidence"] == listed["evidence"] and today["next"] is None
    assert before["last"] is None and before["next"]["run"] == today["last"]["run"]
    assert all(case["verdict"] == "met" and case["population"]["enumerated"] for case in today["last"]["cases"])
    (local,) = sample(TODAY.isoformat(), desk.folder / "out")["answers"]
    assert local["last"]["cases"] == today["last"]["cases"], "a directory says the same as the bucket"
    told = desk.attestry("evidence", "find", "--control", "SC-21", "--on", TODAY, *place, code=4)
    assert "did you mean `SC-12`" in told, told
    # Somebody deletes the one and writes over the other; the lock keeps the first versions, and they are what is read.
    shelf.s3.delete_object(Bucket="kept", Key=bundle)
    shelf.s3.put_object(Bucket="kept", Key=bundle + ".json", Body=b"{}")
    told = desk.attestry("evidence", "find", "--control", "SC-12", "--on", TODAY, *place)
    assert "was deleted or written over" in told and today["last"]["run"] in told, told
    first = lambda key: min(shelf.versions(key)[key], key=lambda it: it["LastModified"])["VersionId"]
    original = lambda key: shelf.s3.get_object(Bucket="kept", Key=key, VersionId=first(key))["Body"].read()
    # An index entry that lies is found out: it is about another bundle than the one that lies beside it.
    index = json.loads(original(bundle + ".json"))
    index["summary"]["cases"][0]["verdict"] = "violated"
    lie = "lies/" + bundle.removeprefix("bank/evidence/")
    shelf.s3.put_object(Bucket="kept", Key=lie, Body=original(bundle))
    shelf.s3.put_object(Bucket="kept", Key=lie + ".json", Body=json.dumps(index).encode())
    control = index["summary"]["cases"][0]["controls"][0]
    told = desk.attestry("evidence", "find", "--control", control, "--on", TODAY, "s3://kept/lies", "--endpoint", shelf.url, code=6)
    assert "another bundle" in told, told
    shelf.s3.put_object(Bucket="kept", Key="alone/1/a/b/2026/11/21/20261121T055012Z-5e8a18dc.zip", Body=b"x")
    told = desk.attestry("evidence", "list", "s3://kept/alone", "--endpoint", shelf.url, code=6)
    assert "push it again" in told, told
    print("  lists and samples answer the same from a bucket and from a directory, and believe no index")


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


def a_year_of_runs(desk: Runs, shelf: Shelf):
    """Runs of other days, of a suite that asks for ten years: what a run says of its day is rewritten, with the manifest."""
    root = desk.folder / "year"
    root.mkdir()
    for name, text in (("suite.yaml", SUITE), ("policy.yaml", POLICY), ("account.yaml", DESCRIBED)):
        (root / name).write_text(text)
    desk.attestry("run", root / "suite.yaml", "--stage", "account", "--quiet", "--out", root / "out")
    runs = root / "runs"
    for index, started in enumerate(("2026-03-30T05:00:00Z", "2026-03-31T23:59:59.5Z", "2026-04-01T00:00:00Z", "2026-04-02T05:00:00Z")):
        forged = runs / started[:10]
        shutil.copytree(root / "out", forged)
        run = f"{started[:19]}Z-0000000{index}".replace("-", "", 2).replace(":", "")
        remade(forged, id=run, started=started, finished=started, tool=OTHER)
        bundle = root / f"{index}.zip"
        desk.attestry("evidence", "pack", forged, bundle)
        desk.attestry("evidence", "push", bundle, "s3://kept/year", "--endpoint", shelf.url)
        desk.attestry("evidence", "push", bundle, "s3://kept/year", "--endpoint", shelf.url, "--retain", "3000d", code=2)
    ends = {shelf.until(key).date() for key in shelf.versions("year/")}
    assert min(ends) == datetime.date(2036, 3, 30), "ten years, since the suite says so"

    def sample(on: str, *where, code=0):
        told = desk.attestry("evidence", "find", "--control", "nist-800-53-r5:SC-12", "--on", on, "--json", *where, code=code)
        (answer,) = json.loads(told[:told.rindex("}") + 1])["answers"]
        return tuple(answer[which] and answer[which]["started"] for which in ("last", "next"))

    for where in ([runs], ["s3://kept/year", "--endpoint", shelf.url]):
        assert sample("2026-03-29", *where) == (None, "2026-03-30T05:00:00Z")
        assert sample("2026-03-30", *where) == ("2026-03-30T05:00:00Z", "2026-03-31T23:59:59.5Z")
        assert sample("2026-03-31", *where) == ("2026-03-31T23:59:59.5Z", "2026-04-01T00:00:00Z")
        assert sample("2027-01-01", *where) == ("2026-04-02T05:00:00Z", None)
    # What is damaged is named, and does not hide the rest.
    (runs / "no.zip").write_bytes(b"PK no archive")
    (runs / "2026-03-31/results.json").write_text("{}")
    told = desk.attestry("evidence", "find", "--control", "SC-12", "--on", "2026-03-31", runs, code=6)
    assert "altered file: results.json" in told and "no.zip" in told and "2 pieces of evidence" in told, told
    assert "2026-03-30T05:00:00Z" in told and "2026-04-01T00:00:00Z" in told, told
    print("  of each day, the last run before its end and the first one after it are found")


def remade(folder: pathlib.Path, **told: str):
    """The record of a run changed and the manifest written anew, as whoever forges evidence does; only a signature would show it."""
    record = folder / "evidence/run.json"
    run = json.loads(record.read_text()) | told
    record.write_text(json.dumps(run, indent=2) + "\n")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["link"]["run"] = run["id"]
    for entry in manifest["files"]:
        data = (folder / entry["path"]).read_bytes()
        entry |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def large_ones(desk: Runs, shelf: Shelf, large: pathlib.Path):
    told = desk.attestry("evidence", "push", large, "s3://kept/large", "--endpoint", shelf.url)
    bundle = sorted(shelf.versions("large/"))[0]
    assert "read back and verified" in told and shelf.body(bundle) == large.read_bytes()
    head = shelf.s3.head_object(Bucket="kept", Key=bundle, ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"].endswith("-2") and shelf.until(bundle), head
    print("  a large bundle goes in parts")


def kills(desk: Runs, url: str, shelf: Shelf, large: pathlib.Path):
    """Killed when a request has done its work and nobody was told. Whoever is killed before a request is killed after the one
    before it."""
    at, resumed = 0, 0
    while True:
        at += 1
        prefix = f"killed-{at}"
        gate = Gate(url, Trouble("kill-after", at))
        command = [desk.binary, "evidence", "push", large, f"s3://kept/{prefix}", "--endpoint", gate.url]
        process = subprocess.Popen(command, cwd=ROOT, env=desk.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        gate.watch(process)
        process.wait(timeout=120)
        gate.close()
        if not gate.struck:
            assert process.returncode == 0, "the push that nobody killed"
            break
        again = Gate(url)
        again.watch(object())
        told = desk.attestry("evidence", "push", large, f"s3://kept/{prefix}", "--endpoint", again.url)
        again.close()
        sent, later = gate.called().count("s3:UploadPart"), again.called().count("s3:UploadPart")
        assert sent + later == 2, f"killed at {at}: parts are sent once: {gate.called()} {again.called()}"
        resumed += bool(sent and later)
        found = shelf.versions(f"{prefix}/")
        assert len(found) == 2 and all(len(of) == 1 for of in found.values()), f"killed at {at}: {found}\n{told}"
        bundle = sorted(found)[0]
        assert shelf.body(bundle) == large.read_bytes() and shelf.until(bundle) == shelf.until(bundle + ".json")
        assert not [it for it in shelf.uploads() if it["Key"].startswith(prefix)], f"killed at {at}: an upload is left"
        copy = desk.folder / "killed.tar.zst"
        copy.write_bytes(shelf.body(bundle))
        desk.attestry("verify", copy)
    assert at > 12 and resumed, f"{at - 1} kills, {resumed} resumed between parts"
    print(f"  killed after each of {at - 1} requests, pushed again, kept whole and once")


def findings(desk: Runs, url: str):
    out = desk.folder / "moto"
    # An account without the buckets of the archives is not wholly seen.
    desk.attestry("run", "suites/mod-045.yaml", "--stage", "moto", "--endpoint", url, "--quiet", "--out", out, code=3)
    expected = {it["Id"]: it for it in json.loads((out / "findings.asff.json").read_text())}
    hub = boto3.client("securityhub", endpoint_url=url, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="emulator")
    for _ in range(2):  # the same findings again are the same findings
        told = desk.attestry("push", "securityhub", out, "--endpoint", url)
        assert f"{len(expected)} findings imported, 0 not" in told, told
        kept = {it["Id"]: it for page in hub.get_paginator("get_findings").paginate() for it in page["Findings"]}
        assert kept.keys() == expected.keys()
    assert all(kept[id]["Compliance"]["Status"] == it["Compliance"]["Status"] for id, it in expected.items())
    told = desk.attestry("push", "securityhub", out, code=2)
    assert "AWS is told only what AWS said" in told, told
    told = desk.attestry("push", "securityhub", desk.folder / "out", "--endpoint", url, code=2)
    assert "647751526084" in told, told
    gate = Gate(url, Trouble("deny", 2))
    gate.watch(object())
    told = desk.attestry("push", "securityhub", out, "--endpoint", gate.url, code=6)
    gate.close()
    refused = min(100, len(expected))  # a request takes 100 findings, and the first one is refused
    assert "denied securityhub:BatchImportFindings" in told, told
    assert f"{len(expected) - refused} findings imported, {refused} not" in told, told
    # What was mended is archived, and what is still to be told of is not.
    subprocess.run([sys.executable, pathlib.Path(__file__).with_name("deploy.py"), "--url", url], check=True, stdout=subprocess.DEVNULL)
    later = desk.folder / "moto-later"
    desk.attestry("run", "suites/mod-045.yaml", "--stage", "moto", "--endpoint", url, "--quiet", "--out", later)
    desk.attestry("push", "securityhub", later, "--after", out, "--endpoint", url)
    active = {it["Id"] for it in json.loads((later / "findings.asff.json").read_text())}
    kept = {it["Id"]: it for page in hub.get_paginator("get_findings").paginate() for it in page["Findings"]}
    assert {id for id, it in kept.items() if it["RecordState"] == "ACTIVE"} == active, "only what the later run tells is active"
    archived = len(kept) - len(active)
    assert archived > 0 and kept.keys() == expected.keys() | active
    desk.attestry("push", "securityhub", out, "--after", later, "--endpoint", url, code=2)
    print(f"  {len(expected)} findings are in Security Hub once, however often they are pushed; {archived} are archived when mended")


if __name__ == "__main__":
    sys.exit(main())

"""Deploys the reference stack to an emulated account, never to AWS, and breaks it on request.

    deploy.py --url URL                       the conforming stack; an existing stack stays unchanged
    deploy.py --url URL --violate NAME        and exactly one violation
    deploy.py --url URL --scale 500,1000,300  and keys, secrets and log groups for benchmarks
    deploy.py --url URL --rotation broken     with real functions: the named one is wrong, the others are right;
                                              on an existing stack it replaces the code
    deploy.py --list-violations

Prints one JSON object.
"""

import argparse
import dataclasses
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import violations
from function_code import CHOICES, Code
from stack import ACCOUNT, REGION, ROTATION, TAGS, Stack, arn


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="the endpoint, which server.py writes to its --url-file")
    parser.add_argument("--violate", choices=violations.ALL, metavar="NAME", help="see --list-violations")
    parser.add_argument("--list-violations", action="store_true")
    parser.add_argument("--scale", metavar="K,S,L", help="the numbers of keys, secrets and log groups")
    for role, choices in CHOICES.items():
        parser.add_argument("--" + role.replace("_", "-"), choices=choices, help="real functions, see functions/ (server.py --ministack --integrations)")
    parser.add_argument("--best-effort", action="store_true", help="count the calls that the endpoint refuses, instead of failing")
    args = parser.parse_args()
    if args.list_violations:
        print("\n".join(violations.ALL))
        return 0
    host = urllib.parse.urlsplit(args.url or "").hostname
    if host not in ("127.0.0.1", "localhost", "::1"):
        parser.error("--url must be a loopback endpoint: this program deploys to emulators only")
    report = run(args)
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0


def run(args) -> dict:
    began = time.monotonic()
    stack = Stack(args.url, optional=args.best_effort)
    chosen = {role: getattr(args, role) for role in CHOICES if getattr(args, role)}
    report = {"account": ACCOUNT, "region": REGION, "deployed_calls": 0}
    if stack.exists():
        if chosen:
            stack.replace_code(Code(**chosen))
    else:
        stack.code = Code(**chosen) if chosen else None
        report["deployed_calls"] = stack.deploy()
    if chosen:
        report["functions"] = dataclasses.asdict(stack.code)
    if args.violate:
        stack.optional = False
        report["violation"] = violate(stack, args.violate)
    if args.scale:
        report["scale"] = scale(stack, *(int(part) for part in args.scale.split(",")))
    if stack.refused:
        report["refused"] = stack.refused
    return report | {"seconds": round(time.monotonic() - began, 2)}


def violate(stack: Stack, name: str) -> dict:
    service, resource, change = violations.ALL[name](stack)
    return {"name": name, "service": service, "resource": resource, "change": change}


def scale(stack: Stack, keys: int, secrets: int, groups: int) -> dict:
    """Creates many resources: by the admin route of server.py if the endpoint has one, otherwise by one call for
    each."""
    numbers = {"keys": keys, "secrets": secrets, "groups": groups, "region": REGION, "tags": TAGS,
              "function_arn": arn("lambda", f"function:{ROTATION}")}
    request = urllib.request.Request(f"{stack.url}/_emulator/seed", json.dumps(numbers).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except (urllib.error.HTTPError, json.JSONDecodeError):
        pass
    began = time.monotonic()
    for n in range(keys):
        key = stack.call("kms", "create_key", Description=f"scale {n:05}", Tags=[{"TagKey": k, "TagValue": v} for k, v in TAGS.items()])
        key_id = key["KeyMetadata"]["KeyId"]
        stack.call("kms", "create_alias", AliasName=f"alias/bank/scale-{n:05}", TargetKeyId=key_id)
        stack.call("kms", "enable_key_rotation", KeyId=key_id, RotationPeriodInDays=365)
    for n in range(secrets):
        stack.secret(f"bank-scale/secret-{n:05}")
    for n in range(groups):
        name = f"/aws/lambda/bank-scale-{n:05}"
        stack.call("logs", "create_log_group", logGroupName=name, kmsKeyId=stack.keys["operational"], tags=TAGS, deletionProtectionEnabled=True)
        stack.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=3653)
    return {"keys": keys, "secrets": secrets, "groups": groups, "seconds": round(time.monotonic() - began, 2)}


if __name__ == "__main__":
    sys.exit(main())

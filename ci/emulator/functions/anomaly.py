"""The function behind the rule: writes the access record, then decides whether to alert.

The two parts are zipped beside it as access_log.py and detector.py. The rule also brings calls that read no value; a
batch read is recorded by CloudTrail as one GetSecretValue a secret.
"""

import access_log
import detector


def handler(event, _context):
    if event["detail"]["eventName"] != "GetSecretValue":
        return
    access_log.write(event)
    detector.examine(event)

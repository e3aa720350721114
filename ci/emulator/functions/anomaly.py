"""The function that the rule invokes. It writes the access record, and then it decides whether to alert.

The two parts are in the same zip, as access_log.py and detector.py. The rule also delivers calls that read no value. CloudTrail
records a batch read as one GetSecretValue for each secret.
"""

import access_log
import detector


def handler(event, _context):
    if event["detail"]["eventName"] != "GetSecretValue":
        return
    access_log.write(event)
    detector.examine(event)

"""Spoils a kind file, one mistake at a time. The judge must refuse each spoiled file, and accept the original file."""

from kinds import KindFile

GOOD = """\
kind: kinesis.stream
plural: streams
scope: regional
doc: A Kinesis data stream of this account and Region.
calls:
  - call: kinesis:ListStreams
    each: population
    items: StreamSummaries
    pages: { send: NextToken, next: NextToken, more: HasMoreStreams, size: 100 }
    attributes:
      arn: { type: text, path: StreamARN, required: true, doc: Stream ARN. }
      name: { type: text, path: StreamName, required: true, doc: Stream name. }
  - call: kinesis:DescribeStreamSummary
    each: resource
    parameters: { StreamName: "${name}" }
    items: StreamDescriptionSummary
    errors: { ResourceNotFoundException: gone }
    attributes:
      encrypted: { type: bool, path: "EncryptionType == 'KMS'", doc: Whether KMS encrypts the records. }
      kms_key: { type: text, path: KeyId, refers: kms.key, doc: KMS key. }
      retention: { type: duration, path: RetentionPeriodHours, convert: hours, required: true, doc: Retention. }
"""

SECOND = """\
kind: account.contact
plural: contacts
scope: global
doc: An alternate contact.
calls:
  - call: account:GetAlternateContact
    each: population
    for_each: [SECURITY]
    parameters: { AlternateContactType: "${each}" }
    errors: { ResourceNotFoundException: empty }
    attributes:
      id: { type: text, path: AlternateContact.AlternateContactType, doc: Type. }
      name: { type: text, path: AlternateContact.AlternateContactType, doc: Type. }
"""

# A mistake: the file, a text in it, the replacement of the text, and a part of the expected message.
SPOILED = {
    "a misspelt member": (GOOD, "path: KeyId", "path: KeyID", "no member `KeyID`; did you mean `KeyId`?"),
    "a misspelt item": (GOOD, "items: StreamSummaries", "items: StreamSumaries", "no member `StreamSumaries`"),
    "a wrong type": (GOOD, "type: text, path: KeyId", "type: bool, path: KeyId", "the type is bool, and the value is text"),
    "a wrong conversion": (GOOD, "convert: hours", "convert: instant", "`instant` takes text"),
    "no conversion": (GOOD, ", convert: hours", "", "the type is duration, and the value is integer"),
    "a value that no enumeration has": (GOOD, "== 'KMS'", "== 'kms'", "`kms` is none of the values"),
    "a wrong token": (GOOD, "next: NextToken", "next: Marker", "the paginator has NextToken"),
    "no pages": (GOOD, "    pages: { send: NextToken, next: NextToken, more: HasMoreStreams, size: 100 }\n", "", "page by page"),
    "an unknown error": (GOOD, "{ ResourceNotFoundException: gone", "{ NoSuchStream: gone", "is not in the model"),
    "access denied as an answer": (GOOD, "{ ResourceNotFoundException", "{ AccessDeniedException", "is a refusal"),
    "gone in a list": (SECOND, "ResourceNotFoundException: empty", "ResourceNotFoundException: gone", "`gone` only on a call"),
    "an unknown action": (GOOD, "    items: StreamD", "    permissions: [kinesis:Describe]\n    items: StreamD", "no IAM action"),
    "an unknown operation": (GOOD, "DescribeStreamSummary", "DescribeStreamSumary", "no such operation; did you mean"),
    "an unknown service": (GOOD, "kinesis:ListStreams", "kinesys:ListStreams", "no service `kinesys`"),
    "a missing required parameter": (SECOND, 'parameters: { AlternateContactType: "${each}" }', "parameters: {}", "is required"),
    "a value that no parameter has": (SECOND, '"${each}"', "SECURTY", "has no value `SECURTY`; did you mean `SECURITY`?"),
    "an unknown attribute": (GOOD, '"${name}"', '"${nam}"', "no earlier call yields `${nam}`"),
    "a parent of a call without one": (GOOD, '"${name}"', '"${parent.name}"', "only a call with `each: parent`"),
    "a sensitive member": (SECOND, "path: AlternateContact.AlternateContactType", "path: AlternateContact.EmailAddress", "sensitive"),
    "a write operation": (GOOD, "kinesis:DescribeStreamSummary", "kinesis:DeleteStream", "does not only read"),
    "a secret": (GOOD, "kinesis:DescribeStreamSummary", "secretsmanager:GetSecretValue", "contents or secrets"),
    "an unknown key": (GOOD, "plural:", "plurals:", "no key `plurals`; did you mean `plural`?"),
    "a key twice": (GOOD, "scope: regional", "scope: regional\nscope: global", "is there twice"),
    "an unknown kind": (GOOD, "refers: kms.key", "refers: kms.kee", "no kind `kms.kee`; did you mean `kms.key`?"),
    "no name": (GOOD, "      name: { type: text, path: StreamName, required: true, doc: Stream name. }\n", "", "yields `name`"),
    "no sentence": (GOOD, "doc: KMS key.", "doc: KMS key", "no sentence"),
    "a negation that JMESPath misreads": (GOOD, "\"EncryptionType == 'KMS'\"", '"!Encryption.Type"', "(!a).b"),
}


def self_test():
    """Returns 1 when a mistake was missed."""
    missed = 0
    for name, text in (("kinesis.stream", GOOD), ("account.contact", SECOND)):
        for message in KindFile(f"{name}.yaml", text).judge().messages:
            missed += 1
            print(f"REFUSED a good file: {message}")
    for mistake, (good, old, new, part) in SPOILED.items():
        if good.count(old) < 1:
            missed += 1
            print(f"MISSED  {mistake}: the text to spoil is not there")
            continue
        name = "kinesis.stream" if good is GOOD else "account.contact"
        messages = KindFile(f"{name}.yaml", good.replace(old, new, 1)).judge().messages
        found = [message for message in messages if part in message]
        missed += not found
        print(f"refused {mistake}: {found[0]}" if found else f"MISSED  {mistake}: {messages}")
    print(f"{len(SPOILED)} mistakes, {missed} missed")
    return int(missed > 0)

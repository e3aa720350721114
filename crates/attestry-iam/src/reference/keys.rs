//! Condition keys: their names, their types, and the party that determines their values in a request.
//!
//! The file `keys.txt` contains the keys of single services. This module contains the keys that every service has. This
//! module must not know conditions or policies.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, OnceLock};

use super::packed::unpacked;

/// The data. Its first lines describe the format. `ci/reference/keys.py` writes the file.
static TEXT: LazyLock<String> = LazyLock::new(|| unpacked(include_bytes!("keys.txt.z")));

/// The type of the values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A text.
    Text,
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// An instant.
    Date,
    /// A network address.
    Address,
}

/// The party that determines the value of a key in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The caller, by a parameter of the request, or by how, when and from where it sends the request.
    Caller,
    /// The caller, by the choice of a resource with this property.
    Resource,
    /// A caller with a device for multi-factor authentication.
    Device,
    /// No party at the time of the request. The value follows from the identity of the caller, or from an act of AWS.
    Nobody,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name in the spelling of AWS. `*` stands for a variable part.
    pub name: String,
    /// The type of the values.
    pub holds: Holds,
    /// Whether the key may have several values.
    pub many: bool,
    /// The party that determines the value.
    pub chosen: Chosen,
    /// Whether every request has the key.
    pub always: bool,
}

impl Key {
    /// Returns `name`, a name of the key, in the spelling of AWS. The variable part stays as it is.
    #[must_use]
    pub fn spelled(&self, name: &str) -> String {
        let head = self.name.trim_end_matches('*');
        match name.get(head.len()..) {
            Some(rest) if self.name.ends_with('*') => format!("{head}{rest}"),
            _ => self.name.clone(),
        }
    }
}

/// The keys that every service has, and the keys with which AWS attests the identity of the caller. IAM User Guide,
/// "AWS global condition context keys"
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>. `[]` marks keys with
/// several values, and `!` marks keys of every request.
const GLOBAL: &[(Chosen, Holds, &str)] = &[
    (
        Chosen::Nobody,
        Holds::Arn,
        "aws:PrincipalArn aws:SourceArn aws:ChatbotSourceArn codebuild:BuildArn codebuild:ProjectArn ec2:SourceInstanceARN \
         lambda:SourceFunctionArn ssm:SourceInstanceARN",
    ),
    (Chosen::Nobody, Holds::Bool, "aws:PrincipalIsAWSService aws:AssumedRoot"),
    (Chosen::Nobody, Holds::Address, "aws:Ec2InstanceSourcePrivateIPv4"),
    (
        Chosen::Nobody,
        Holds::Text,
        "aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalOrgPaths[] aws:PrincipalTag/* aws:PrincipalType aws:userid \
         aws:username aws:PrincipalServiceName aws:PrincipalServiceNamesList[] aws:FederatedProvider aws:SourceIdentity \
         aws:SourceAccount aws:SourceOrgID aws:SourceOrgPaths[] aws:SourceOwner aws:Ec2InstanceSourceVpc \
         aws:ResourceOrgID aws:ResourceOrgPaths[] aws:SignInSessionArn ec2:RoleDelivery \
         glue:CredentialIssuingService glue:RoleAssumedBy identitystore:UserId kms:CallerAccount kms:RecipientAttestation:*",
    ),
    (Chosen::Device, Holds::Bool, "aws:MultiFactorAuthPresent"),
    (Chosen::Device, Holds::Number, "aws:MultiFactorAuthAge"),
    (Chosen::Resource, Holds::Text, "aws:ResourceAccount aws:ResourceTag/*"),
    (Chosen::Caller, Holds::Bool, "aws:SecureTransport! aws:ViaAWSService!"),
    (Chosen::Caller, Holds::Date, "aws:CurrentTime! aws:EpochTime! aws:TokenIssueTime"),
    (Chosen::Caller, Holds::Address, "aws:SourceIp aws:VpcSourceIp"),
    (Chosen::Caller, Holds::Arn, "aws:SourceVpcArn"),
    (
        Chosen::Caller,
        Holds::Text,
        "aws:RequestedRegion! aws:UserAgent aws:referer aws:SourceVpc aws:SourceVpce aws:VpceAccount aws:VpceOrgID \
         aws:VpceOrgPaths[] aws:CalledVia[] aws:CalledViaFirst aws:CalledViaLast aws:RequestTag/* aws:TagKeys[] \
         aws:IsMcpServiceAction aws:CalledViaAWSMCP aws:ViaAWSMCPService",
    ),
];

/// The keys of services that describe the resource, besides the keys that end in `ResourceTag/*`.
const OF_RESOURCE: &[&str] = &[
    "iottwinmaker:linkedServices",
    "kms:ResourceAliases",
    "s3:BucketTag/*",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "s3:ExistingObjectTag/*",
    "s3:ResourceAccount",
];

/// The keys of services that describe the relation of the caller to a resource.
const OF_CALLER: &[&str] = &[
    "deadline:FarmMembershipLevels",
    "deadline:FleetMembershipLevels",
    "deadline:JobMembershipLevels",
    "deadline:QueueMembershipLevels",
];

/// Returns whether a key describes the caller. The comparison ignores case.
pub(crate) fn describes_caller(name: &str) -> bool {
    let others = ["aws:FederatedProvider", "aws:SourceIdentity", "aws:userid", "aws:username"];
    starts_with(name, "aws:Principal") || others.iter().chain(OF_CALLER).any(|it| it.eq_ignore_ascii_case(name))
}

/// Returns whether a key describes an identity by its tags, its session or its organization, and not by its name. The
/// comparison ignores case.
pub(crate) fn describes_holder(name: &str) -> bool {
    let others = ["aws:FederatedProvider", "aws:SourceIdentity"];
    starts_with(name, "aws:PrincipalTag/")
        || names_organization_of_caller(name)
        || others.iter().chain(OF_CALLER).any(|it| it.eq_ignore_ascii_case(name))
}

/// Returns whether a key contains the organization of the caller. The comparison ignores case.
pub(crate) fn names_organization_of_caller(name: &str) -> bool {
    starts_with(name, "aws:PrincipalOrg")
}

/// Returns whether a key contains the organization of a resource. The comparison ignores case.
pub(crate) fn names_organization_of_resource(name: &str) -> bool {
    ["aws:ResourceOrgID", "aws:ResourceOrgPaths"].iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// Returns the key with a name. The case of letters does not matter. For a key with `*`, such as `aws:RequestTag/*`,
/// the name may have any text in place of the `*`.
#[must_use]
pub fn key(name: &str) -> Option<&'static Key> {
    let small = name.to_ascii_lowercase();
    let all = index();
    all.get(&small).or_else(|| {
        // The variable part is at the end: the key of a tag, or of an encryption context.
        let ends = small.match_indices(['/', ':']).map(|(at, _)| at).rev();
        ends.filter_map(|at| small.get(..=at)).find_map(|head| all.get(&format!("{head}*")))
    })
}

/// Returns every key with the same service prefix as `name`, in the spelling of AWS. Returns all keys when no key has
/// this prefix.
#[must_use]
pub fn keys_like(name: &str) -> Vec<&'static str> {
    let prefix = name.split_inclusive(':').next().unwrap_or_default();
    let all = || index().values().map(|key| key.name.as_str());
    let own: Vec<&str> = all().filter(|it| starts_with(it, prefix)).collect();
    if own.is_empty() { all().collect() } else { own }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn index() -> &'static HashMap<String, Key> {
    static INDEX: OnceLock<HashMap<String, Key>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut all = BTreeMap::new();
        for key in of_services().chain(global()) {
            all.insert(key.name.to_ascii_lowercase(), key);
        }
        all.into_iter().collect()
    })
}

fn global() -> impl Iterator<Item = Key> {
    GLOBAL.iter().flat_map(|(chosen, holds, names)| {
        names.split_ascii_whitespace().map(|name| {
            let (many, always) = (name.ends_with("[]"), name.ends_with('!'));
            let name = name.trim_end_matches(['[', ']', '!']).to_owned();
            Key { name, holds: *holds, many, chosen: *chosen, always }
        })
    })
}

fn of_services() -> impl Iterator<Item = Key> {
    // The comment at the top is no service.
    TEXT.split("\n\n").skip(1).flat_map(|block| {
        let (prefix, rows) = block.split_once('\n').unwrap_or((block, ""));
        let (mut holds, mut many) = (Holds::Text, false);
        let words = rows.split_ascii_whitespace().filter_map(move |word| {
            if let Some(kind) = word.strip_suffix(':') {
                (holds, many) = typed(kind);
                return None;
            }
            Some((word, holds, many))
        });
        words.map(move |(rest, holds, many)| {
            let name = format!("{prefix}:{rest}");
            let chosen = chosen(prefix, &name);
            Key { name, holds, many, chosen, always: false }
        })
    })
}

fn typed(kind: &str) -> (Holds, bool) {
    let holds = match kind.trim_end_matches('s') {
        "arn" => Holds::Arn,
        "bool" => Holds::Bool,
        "number" => Holds::Number,
        "date" => Holds::Date,
        "addre" => Holds::Address,
        _ => Holds::Text,
    };
    (holds, kind.ends_with('s') && kind != "address")
}

fn chosen(prefix: &str, name: &str) -> Chosen {
    // The value follows from claims of an identity provider, or from SAML.
    if prefix.contains('.') || prefix == "saml" || OF_CALLER.contains(&name) {
        Chosen::Nobody
    } else if OF_RESOURCE.contains(&name) || name.ends_with(":ResourceTag/*") {
        Chosen::Resource
    } else {
        Chosen::Caller
    }
}

//! Generates logs: events as AWS services and programs log them, with secrets planted at known places.
//!
//! The same seed gives the same bytes. The encodings are implemented here a second time on purpose, because they check
//! the encodings of the engine.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a generator of tests"
)]

use std::fmt::Write;

/// A random generator. The same seed gives the same numbers.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    pub fn below(&mut self, sides: usize) -> usize {
        (self.roll() % sides as u64) as usize
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..length).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }
}

pub const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS: &str = "0123456789";
/// The characters of the passwords that Secrets Manager creates.
pub const PRINTABLE: &str =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// Returns values of secrets, 16 to 64 bytes long.
pub fn values(seed: u64, count: usize) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let value = |_| {
        let length = 16 + dice.below(49);
        match dice.below(6) {
            0 => dice.text(HEX, length.max(32)),
            1 => dice.text(BASE64, 40),
            2 => dice.text(ALNUM, length),
            _ => dice.text(PRINTABLE, length.max(20)),
        }
    };
    (0..count).map(value).collect()
}

/// The forms in which values are planted.
pub const FORMS: [&str; 14] = [
    "raw",
    "json",
    "json2",
    "json3",
    "html-json",
    "dotnet-json",
    "url",
    "url-lower",
    "url-plus",
    "base64",
    "base64-inside",
    "base64url",
    "hex",
    "basic",
];

/// Returns a value as a log would write it.
pub fn encode(dice: &mut Dice, value: &str, form: &str) -> String {
    match form {
        "raw" => value.to_owned(),
        "json" => json(value),
        "json2" => json(&json(value)),
        "json3" => json(&json(&json(value))),
        "html-json" => json(value).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
        "dotnet-json" => {
            let escape = |c: char| match c {
                '"' | '&' | '\'' | '+' | '<' | '>' | '`' => format!("\\u{:04X}", c as u32),
                '\\' => "\\\\".to_owned(),
                c => c.to_string(),
            };
            value.chars().map(escape).collect()
        }
        "url" | "url-lower" | "url-plus" => {
            let escape = |byte: u8| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                b'~' if form != "url-plus" => "~".to_owned(),
                b'*' if form == "url-plus" => "*".to_owned(),
                b' ' if form == "url-plus" => "+".to_owned(),
                byte if form == "url-lower" => format!("%{byte:02x}"),
                byte => format!("%{byte:02X}"),
            };
            value.bytes().map(escape).collect()
        }
        "base64" => base64(value.as_bytes()),
        "base64-inside" => {
            let (before, after) = (1 + dice.below(40), dice.below(40));
            let text = format!("{}{value}{}", dice.text(ALNUM, before), dice.text(ALNUM, after));
            base64(text.as_bytes())
        }
        "basic" => format!("Basic {}", base64(format!("svc-app:{value}").as_bytes())),
        "base64url" => base64(value.as_bytes()).replace('+', "-").replace('/', "_").replace('=', ""),
        "hex" => value.bytes().map(|byte| format!("{byte:02x}")).collect(),
        _ => unreachable!("{form}"),
    }
}

fn json(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

pub fn base64(bytes: &[u8]) -> String {
    let letters = BASE64.as_bytes();
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = word >> (18 - 6 * place) & 63;
            out.push(if place > group.len() { '=' } else { char::from(letters[digit as usize]) });
        }
    }
    out
}

/// Returns a made-up credential that a rule describes: its type and its text in a log.
fn pattern(dice: &mut Dice) -> (&'static str, String) {
    match dice.below(24) {
        0 => ("github", format!("ghp_{}", dice.text(ALNUM, 36))),
        1 => ("gitlab", format!("glpat-{}", dice.text(ALNUM, 20))),
        2 => ("slack", format!("xoxb-{}-{}-{}", dice.text(DIGITS, 12), dice.text(DIGITS, 12), dice.text(ALNUM, 24))),
        3 => ("stripe", format!("sk_live_{}", dice.text(ALNUM, 24))),
        4 => ("sendgrid", format!("SG.{}.{}", dice.text(ALNUM, 22), dice.text(ALNUM, 43))),
        5 => ("google", format!("AIza{}", dice.text(ALNUM, 35))),
        6 => ("npm", format!("npm_{}", dice.text(ALNUM, 36))),
        7 => ("pypi", format!("pypi-AgEIcHlwaS5vcmc{}", dice.text(ALNUM, 80))),
        8 => ("aws-id", format!("AKIA{}", dice.text(UPPER, 16))),
        9 => ("aws-secret", format!("aws_secret_access_key={}", dice.text(BASE64, 40))),
        10 => ("azure", format!("AccountKey={}==", dice.text(BASE64, 86))),
        11 => {
            let head = base64(br#"{"alg":"RS256","typ":"JWT"}"#);
            let body = base64(format!(r#"{{"sub":"{}"}}"#, dice.text(ALNUM, 20)).as_bytes()).replace('=', "");
            ("jwt", format!("{head}.{body}.{}", dice.text(ALNUM, 86)))
        }
        12 => ("database", format!("postgres://app:{}@db.internal:5432/pay", dice.text(ALNUM, 18))),
        13 => ("broker", format!("amqps://mq:{}@mq.internal:5671", dice.text(ALNUM, 18))),
        14 => ("basic", format!("authorization: Basic {}", base64(format!("u:{}", dice.text(ALNUM, 14)).as_bytes()))),
        15 => ("bearer", format!("Authorization: Bearer {}", dice.text(ALNUM, 40))),
        16 => ("password-json", format!(r#"{{"user":"a","password":"{}"}}"#, dice.text(ALNUM, 14))),
        17 => ("password-logfmt", format!("db_password={} db_user=a", dice.text(ALNUM, 14))),
        18 => ("password-query", format!("POST /login?user=a&passwd={}&next=1", dice.text(ALNUM, 14))),
        19 => ("hash", format!("$2b$12${}", dice.text(ALNUM, 53))),
        20 => ("private-key", {
            let lines: Vec<String> = (0..4).map(|_| dice.text(BASE64, 64)).collect();
            format!("-----BEGIN RSA PRIVATE KEY-----\\n{}\\n", lines.join("\\n"))
        }),
        21 => ("twilio", format!("SK{}", dice.text(HEX, 32))),
        22 => ("api-key", format!("x-api-key: {}3b", dice.text(ALNUM, 38))),
        _ => ("secret-string", format!(r#"{{\"SecretString\":\"{}x\"}}"#, dice.text(ALNUM, 20))),
    }
}

/// A planted secret and its place.
pub struct Planted {
    /// The range of the line in the corpus.
    pub line: std::ops::Range<usize>,
    /// The number of the value, or `None` for a pattern.
    pub value: Option<usize>,
    /// The form of the value, or the kind of pattern.
    pub what: &'static str,
}

/// A generated log, and the secrets in it.
pub struct Corpus {
    pub text: Vec<u8>,
    pub planted: Vec<Planted>,
}

/// Creates a log of about this many bytes. `plants` of its lines contain a secret.
pub fn corpus(seed: u64, bytes: usize, values: &[String], plants: usize) -> Corpus {
    let mut dice = Dice::new(seed ^ 0xC0FFEE);
    let mut corpus = Corpus { text: Vec::with_capacity(bytes + 16 * 1024), planted: Vec::new() };
    let apart = bytes / (plants + 1);
    let mut line = String::new();
    while corpus.text.len() < bytes {
        line.clear();
        let second = corpus.text.len() / 2000;
        let (hour, minute, milli) = (second / 3600 % 24, second / 60 % 60, dice.below(1000));
        write!(line, "2026-11-21T{hour:02}:{minute:02}:{:02}.{milli:03}Z ", second % 60).unwrap();
        let start = corpus.text.len();
        if plants > 0 && corpus.planted.len() < plants && start >= apart * (corpus.planted.len() + 1) {
            let (value, what) = plant(&mut dice, &mut line, values);
            corpus.text.extend_from_slice(line.as_bytes());
            corpus.planted.push(Planted { line: start..corpus.text.len(), value, what });
        } else {
            event(&mut dice, &mut line);
            corpus.text.extend_from_slice(line.as_bytes());
        }
        corpus.text.push(b'\n');
    }
    corpus
}

fn plant(dice: &mut Dice, line: &mut String, values: &[String]) -> (Option<usize>, &'static str) {
    let before = dice.one(&["request failed near ", "INFO payload=", "got: ", "[main] upstream said <", "x"]);
    if !values.is_empty() && dice.below(2) == 0 {
        let (number, form) = (dice.below(values.len()), FORMS[dice.below(FORMS.len())]);
        let text = encode(dice, &values[number], form);
        write!(line, "{before}{text} for {}", id(dice)).unwrap();
        (Some(number), form)
    } else {
        let (what, text) = pattern(dice);
        let before = if before == "x" { "" } else { before };
        write!(line, "{before}{text} in {}", id(dice)).unwrap();
        (None, what)
    }
}

fn id(dice: &mut Dice) -> String {
    let h = dice.text(HEX, 32);
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}

fn ip(dice: &mut Dice) -> String {
    format!("10.{}.{}.{}", dice.below(256), dice.below(256), dice.below(256))
}

const WORDS: [&str; 24] = [
    "payment",
    "accepted",
    "order",
    "customer",
    "retry",
    "queue",
    "message",
    "processed",
    "timeout",
    "upstream",
    "ledger",
    "batch",
    "account",
    "transfer",
    "settled",
    "cache",
    "miss",
    "loaded",
    "session",
    "token refreshed",
    "password reset sent",
    "secret rotated",
    "connected",
    "closing",
];

fn event(dice: &mut Dice, line: &mut String) {
    let request = id(dice);
    match dice.below(100) {
        0..10 => write!(line, "START RequestId: {request} Version: $LATEST\nEND RequestId: {request}\nREPORT RequestId: {request}\tDuration: {}.{} ms\tBilled Duration: {} ms\tMemory Size: 512 MB\tMax Memory Used: {} MB\tXRAY TraceId: 1-{}-{}", dice.below(3000), dice.below(100), dice.below(3000), dice.below(512), dice.text(HEX, 8), dice.text(HEX, 24)),
        10..45 => {
            let (a, b, c) = (dice.one(&WORDS), dice.one(&WORDS), dice.one(&WORDS));
            write!(line, r#"{{"level":"{}","requestId":"{request}","service":"payments","msg":"{a} {b} {c}","durationMs":{},"userId":"u-{}","path":"/v1/{a}/{}","traceId":"{}","status":{}}}"#, dice.one(&["info", "debug", "warn"]), dice.below(9000), dice.below(1_000_000), dice.below(99_999), dice.text(HEX, 32), dice.one(&["200", "201", "404", "500"]))
        }
        45..57 => write!(line, "https 2026-11-21T10:00:00.123456Z app/bank-alb/{} {}:{} {}:8080 0.00{} 0.0{} 0.000 200 200 {} {} \"GET https://api.bank.example:443/v1/accounts/{}?page={}&sort=date HTTP/1.1\" \"Mozilla/5.0 (X11; Linux x86_64)\" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/bank/{} \"Root=1-{}-{}\"", dice.text(HEX, 16), ip(dice), dice.below(65535), ip(dice), dice.below(10), dice.below(100), dice.below(5000), dice.below(50_000), dice.below(1_000_000), dice.below(40), dice.text(HEX, 16), dice.text(HEX, 8), dice.text(HEX, 24)),
        57..67 => write!(line, "2 111122223333 eni-{} {} {} {} {} 6 {} {} 1763719200 1763719260 ACCEPT OK", dice.text(HEX, 17), ip(dice), ip(dice), dice.below(65535), dice.below(65535), dice.below(100), dice.below(100_000)),
        67..82 => write!(line, "[{}] {} c.b.p.{}Service - {} {} {} id={} took {}ms from {}", dice.one(&["http-nio-8080-exec-1", "main", "scheduler-2"]), dice.one(&["INFO ", "DEBUG", "WARN "]), dice.one(&["Payment", "Ledger", "Token", "Account"]), dice.one(&WORDS), dice.one(&WORDS), dice.one(&WORDS), dice.below(1_000_000), dice.below(900), ip(dice)),
        82..86 => write!(line, "ERROR Unhandled\njava.lang.IllegalStateException: {}\n\tat com.bank.pay.Ledger.post(Ledger.java:{})\n\tat com.bank.pay.Token.refresh(Token.java:{})\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", dice.one(&WORDS), dice.below(900), dice.below(900)),
        86..97 => cloudtrail(dice, line, &request),
        _ => decoy(dice, line),
    }
    .unwrap();
}

fn cloudtrail(dice: &mut Dice, line: &mut String, request: &str) -> std::fmt::Result {
    let (source, name) = [
        ("secretsmanager", "GetSecretValue"),
        ("sts", "AssumeRole"),
        ("s3", "GetObject"),
        ("kms", "Decrypt"),
        ("logs", "FilterLogEvents"),
    ][dice.below(5)];
    write!(
        line,
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROA{}:ci","arn":"arn:aws:sts::111122223333:assumed-role/bank-app/ci","accountId":"111122223333","accessKeyId":"ASIA{}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{}","arn":"arn:aws:iam::111122223333:role/bank-app","userName":"bank-app"}},"attributes":{{"creationDate":"2026-11-21T09:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-11-21T10:00:00Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"{}","userAgent":"aws-sdk-rust/1.3","requestParameters":{{"secretId":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:bank/pay-AbCdEf","nextToken":"{}","clientRequestToken":"{}"}},"responseElements":{{"credentials":{{"accessKeyId":"ASIA{}","sessionToken":"IQoJb3JpZ2luX2VjE{}","expiration":"Nov 21, 2026, 11:00:00 AM"}}}},"requestID":"{request}","eventID":"{}","readOnly":true,"tlsDetails":{{"tlsVersion":"TLSv1.3"}}}}"#,
        dice.text(UPPER, 17),
        dice.text(UPPER, 16),
        dice.text(UPPER, 17),
        ip(dice),
        dice.text(BASE64, 120),
        id(dice),
        dice.text(UPPER, 16),
        dice.text(BASE64, 200),
        id(dice)
    )
}

fn decoy(dice: &mut Dice, line: &mut String) -> std::fmt::Result {
    match dice.below(10) {
        0 => write!(
            line,
            r"-----BEGIN CERTIFICATE-----\nMII{}\n{}\n-----END CERTIFICATE-----",
            dice.text(BASE64, 61),
            dice.text(BASE64, 64)
        ),
        1 => write!(
            line,
            r#"{{"keys":[{{"kty":"RSA","kid":"{}","use":"sig","n":"{}","e":"AQAB"}}]}}"#,
            dice.text(ALNUM, 43),
            dice.text(ALNUM, 342)
        ),
        2 => write!(line, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB{} deploy@bank", dice.text(BASE64, 300)),
        3 => write!(line, "login user=a password=******** mfa=ok passwordPolicy=strict"),
        4 => write!(
            line,
            "see https://docs.aws.example/: aws_access_key_id=AKIAIOSFODNN7EXAMPLE aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        ),
        5 => write!(line, r#"{{"ReceiptHandle":"AQEB{}=","MessageId":"{}"}}"#, dice.text(BASE64, 360), id(dice)),
        6 => write!(line, "img src=data:image/png;base64,iVBORw0KGgo{}", dice.text(BASE64, 900)),
        7 => write!(line, "etag={} sha256={} commit {}", dice.text(HEX, 32), dice.text(HEX, 64), dice.text(HEX, 40)),
        8 => write!(
            line,
            "x-csrf-token: {} continuationToken={} pageToken={}",
            dice.text(ALNUM, 40),
            dice.text(BASE64, 60),
            dice.text(ALNUM, 80)
        ),
        _ => write!(
            line,
            "db: connect(user=user, password=password, host=${{DB_HOST}}) url=postgres://app:${{DB_PASSWORD}}@db/pay key=AKIDPUBLIC"
        ),
    }
}

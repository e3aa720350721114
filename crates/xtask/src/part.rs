//! The parts of Attestry that developers can add: the form of their names, their files, and the lists that name them.
//!
//! This module must not know how files are written.

/// A sort of part. A new part needs one folder or file, and a line in each list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A resource kind.
    Kind,
    /// A probe.
    Probe,
    /// A matcher.
    Matcher,
    /// A report.
    Report,
}

/// A file of a skeleton: its path below the root and its template. Both have marks instead of the name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template {
    /// The path, with `NAME` instead of the name of the module.
    pub(crate) path: &'static str,
    /// The text, with the marks `@MODULE@`, `@TYPE@`, `@NAME@` and `@TITLE@`.
    pub(crate) text: &'static str,
}

/// A line of a list. The list is the block that begins with the line `begin` and ends with the next line `end`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The path of the file.
    pub(crate) path: &'static str,
    /// The line at which the block begins.
    pub(crate) begin: &'static str,
    /// The line at which the block ends.
    pub(crate) end: &'static str,
    /// The line, with the marks of [`Template::text`].
    pub(crate) line: &'static str,
    /// Whether the block is in alphabetical order. If not, the line is added at the end of the block.
    pub(crate) sorted: bool,
}

const KINDS: &str = "src/kinds/mod.rs";
const PROBES: &str = "src/probes/mod.rs";
const MATCHERS: &str = "crates/attestry-core/src/matchers/mod.rs";
const REPORTS: &str = "crates/attestry-core/src/report/mod.rs";

impl Part {
    /// Returns the sort of part that the word names.
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "kind" => Some(Self::Kind),
            "probe" => Some(Self::Probe),
            "matcher" => Some(Self::Matcher),
            "report" => Some(Self::Report),
            _ => None,
        }
    }

    /// Checks whether the name has the form that this sort of part requires.
    pub(crate) fn accepts(self, name: &str) -> Result<(), &'static str> {
        let word = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_lowercase())
                && text.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
        };
        match self {
            Self::Kind => match name.split_once('.') {
                Some((service, noun)) if word(service) && word(noun) => Ok(()),
                _ => Err("a kind is called SERVICE.NOUN, such as `sqs.queue`"),
            },
            Self::Probe if word(&name.replace('-', "_")) && !name.contains('_') => Ok(()),
            Self::Probe => Err("the name of a probe has lower-case letters, digits and `-`"),
            Self::Matcher | Self::Report if word(name) => Ok(()),
            Self::Matcher | Self::Report => Err("a name has lower-case letters, digits and `_`"),
        }
    }

    /// Returns the files of the skeleton.
    pub(crate) fn templates(self) -> &'static [Template] {
        match self {
            Self::Kind => &[
                Template { path: "src/kinds/NAME/mod.rs", text: include_str!("../templates/kind/mod.rs.txt") },
                Template { path: "src/kinds/NAME/collect.rs", text: include_str!("../templates/kind/collect.rs.txt") },
            ],
            Self::Probe => &[
                Template { path: "src/probes/NAME/mod.rs", text: include_str!("../templates/probe/mod.rs.txt") },
                Template { path: "src/probes/NAME/act.rs", text: include_str!("../templates/probe/act.rs.txt") },
            ],
            Self::Matcher => &[Template {
                path: "crates/attestry-core/src/matchers/NAME.rs",
                text: include_str!("../templates/matcher.rs.txt"),
            }],
            Self::Report => &[Template {
                path: "crates/attestry-core/src/report/NAME.rs",
                text: include_str!("../templates/report.rs.txt"),
            }],
        }
    }

    /// Returns the lines to add to lists.
    pub(crate) fn entries(self) -> &'static [Entry] {
        match self {
            Self::Kind => {
                const {
                    &[
                        Entry { path: KINDS, begin: "mod account;", end: "", line: "mod @MODULE@;", sorted: true },
                        Entry { path: KINDS, begin: "kinds! {", end: "}", line: "    @MODULE@,", sorted: true },
                    ]
                }
            }
            Self::Probe => {
                const {
                    &[
                        Entry {
                            path: PROBES,
                            begin: "mod access_record;",
                            end: "",
                            line: "mod @MODULE@;",
                            sorted: true,
                        },
                        Entry { path: PROBES, begin: "probes! {", end: "}", line: "    @MODULE@,", sorted: true },
                    ]
                }
            }
            Self::Matcher => {
                const {
                    &[
                        Entry { path: MATCHERS, begin: "mod absent;", end: "", line: "mod @MODULE@;", sorted: true },
                        Entry {
                            path: MATCHERS,
                            begin: "pub const ALL: &[&dyn Matcher] = &[",
                            end: "];",
                            line: "    &@MODULE@::@TYPE@,",
                            sorted: false,
                        },
                    ]
                }
            }
            Self::Report => {
                const {
                    &[
                        Entry { path: REPORTS, begin: "mod asff;", end: "", line: "mod @MODULE@;", sorted: true },
                        Entry {
                            path: REPORTS,
                            begin: "pub const ALL: &[&dyn Report] = &[",
                            end: "];",
                            line: "    &@MODULE@::@TYPE@,",
                            sorted: false,
                        },
                    ]
                }
            }
        }
    }
}

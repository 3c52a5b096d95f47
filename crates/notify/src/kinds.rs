//! What notifiers there are, and the settings of each.

use crate::{Error, Settings, value};

/// How a field is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// A line that only administrators may see.
    Secret,
    /// Yes (`true`) or no.
    Checkbox,
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; those that Arkime has are Arkime's.
    pub name: &'static str,
    /// What it is, for people.
    pub description: &'static str,
    /// How it is asked for.
    pub kind: FieldKind,
    /// Whether it must be there.
    pub required: bool,
}

/// One kind of notifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name in settings.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What has to be known.
    pub fields: &'static [Field],
}

const fn field(name: &'static str, description: &'static str, kind: FieldKind, required: bool) -> Field {
    Field { name, description, kind, required }
}
const fn need(name: &'static str, description: &'static str) -> Field {
    field(name, description, FieldKind::Text, true)
}
const fn may(name: &'static str, description: &'static str) -> Field {
    field(name, description, FieldKind::Text, false)
}
const fn secret(name: &'static str, description: &'static str) -> Field {
    field(name, description, FieldKind::Secret, true)
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "email",
        label: "Email",
        fields: &[
            need("from", "Address that mails come from"),
            need("to", "Addresses that mails go to, separated by commas"),
            may("subject", "Subject; without one the title of the message"),
            need("host", "Mail server"),
            may("port", "Port of the mail server: 465 with secure, otherwise 25, or 587 with a user"),
            field(
                "secure",
                "TLS from the first byte; without it STARTTLS is used where the server has it, and demanded with a user",
                FieldKind::Checkbox,
                false,
            ),
            may("user", "User of the mail server"),
            field("password", "Password of the user", FieldKind::Secret, false),
        ],
    },
    Kind {
        name: "webhook",
        label: "Webhook",
        fields: &[
            secret("webhookUrl", "URL that gets {title,text,…} as JSON by POST"),
            field("authorization", "Value of the header Authorization", FieldKind::Secret, false),
        ],
    },
    Kind {
        name: "slack",
        label: "Slack",
        fields: &[secret("slackWebhookUrl", "URL of an incoming webhook of Slack")],
    },
    Kind {
        name: "discord",
        label: "Discord",
        fields: &[secret("discordWebhookUrl", "URL of a webhook of a Discord channel")],
    },
    Kind {
        name: "msteams",
        label: "Microsoft Teams",
        fields: &[secret("webhookUrl", "URL of an incoming webhook or workflow of Teams")],
    },
    Kind {
        name: "twilio",
        label: "Twilio",
        fields: &[
            secret("accountSid", "Twilio account SID"),
            secret("authToken", "Twilio authentication token"),
            need("toNumber", "Numbers that messages go to, separated by commas"),
            need("fromNumber", "Number that messages come from"),
        ],
    },
    Kind {
        name: "syslog",
        label: "Syslog",
        fields: &[
            need("host", "Syslog server"),
            may("port", "Port; 514"),
            may("protocol", "udp (the default) or tcp"),
            may("facility", "Facility, 0 to 23; 16 is local0, the default"),
            may("severity", "Severity, 0 (emergency) to 7 (debug); 5 is notice, the default"),
        ],
    },
    Kind {
        name: "snmp",
        label: "SNMP trap",
        fields: &[
            need("host", "Receiver of traps"),
            may("port", "Port; 162"),
            field("community", "Community; public", FieldKind::Secret, false),
        ],
    },
];

/// Whether settings are complete and can be meant.
///
/// # Errors
/// [`Error::Settings`], with what is missing or wrong.
pub fn check(kind: &str, settings: &Settings) -> Result<(), Error> {
    let known = KINDS.iter().find(|k| k.name == kind);
    let known = known.ok_or_else(|| Error::Settings("Unknown notifier type".to_owned()))?;
    let wrong = |text: String| Err(Error::Settings(text));
    for field in known.fields {
        let Some(text) = value(settings, field.name) else {
            if field.required {
                return wrong(format!("Missing a value for {}", field.name));
            }
            continue;
        };
        // a line break would begin a further header or message
        if text.chars().any(char::is_control) {
            return wrong(format!("{} has a line break or another control character", field.name));
        }
        let number = |most: u32| text.parse::<u32>().is_ok_and(|n| n <= most);
        let fine = match field.name {
            "port" => number(65_535) && text != "0",
            "facility" => number(23),
            "severity" => number(7),
            "protocol" => matches!(text, "udp" | "tcp"),
            "secure" => matches!(text, "true" | "false"),
            name if name.ends_with("Url") => {
                let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
                rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            }
            _ => true,
        };
        if !fine {
            return wrong(match field.name {
                name if name.ends_with("Url") => format!("{name} must begin with https:// or http://"),
                name => {
                    format!("{name}: `{}` is not possible. {}", crate::shortened(text, 60), field.description)
                }
            });
        }
    }
    if kind == "email" {
        crate::email::addresses(settings)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let said =
            |kind: &str, pairs: &[(&str, &str)]| check(kind, &settings(pairs)).unwrap_err().to_string();
        assert_eq!(said("pigeon", &[]), "Unknown notifier type");
        assert_eq!(said("slack", &[("slackWebhookUrl", " ")]), "Missing a value for slackWebhookUrl");
        assert!(said("slack", &[("slackWebhookUrl", "hooks.slack.com")]).contains("https://"));
        assert!(said("syslog", &[("host", "a"), ("port", "70000")]).starts_with("port: `70000`"));
        assert!(said("syslog", &[("host", "a\nb")]).contains("line break"));
        let mail = [("from", "a@b"), ("to", "c@d, nobody"), ("host", "h")];
        assert!(said("email", &mail).contains("nobody"));
        assert_eq!(check("syslog", &settings(&[("host", "a"), ("protocol", "tcp")])), Ok(()));
    }

    #[test]
    fn names_are_unique() {
        for kind in KINDS {
            assert_eq!(KINDS.iter().filter(|other| other.name == kind.name).count(), 1);
            for field in kind.fields {
                assert_eq!(
                    kind.fields.iter().filter(|other| other.name == field.name).count(),
                    1,
                    "{}",
                    field.name
                );
            }
        }
    }
}

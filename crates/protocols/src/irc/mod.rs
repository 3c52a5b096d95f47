//! IRC (RFC 2812): names that people take and channels that they join.

use crate::text::{decode, line};
use crate::{Context, Detect, Dir, Parser, Protocol, Step, signatures::look};

/// What the commands fill.
pub mod fields {
    fields::fields! { "irc";
        /// Nicknames that clients took.
        NICK: Term = "irc.nick" @ "irc.nick", "Nickname";
        /// Channels that clients joined.
        CHANNEL: Term = "irc.channel" @ "irc.channel", "Channel";
    }
}

/// IRC, by the registration of a client or the greeting of a server.
pub static PROTOCOL: Protocol = Protocol {
    name: "irc",
    fields: fields::FIELDS,
    detect: &[Detect::TcpSign(look::irc)],
    quiet: false,
    start: || Box::new(Irc),
};

/// Longest line, tags included (RFC 1459 has 512 bytes, IRCv3 8191 more for tags).
const MAX_LINE: usize = 9 * 1024;

struct Irc;

impl Parser for Irc {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let Some((one, rest)) = line(bytes) else {
            return if bytes.len() < MAX_LINE { Step::Need(bytes.len() + 1) } else { Step::Done };
        };
        if dir == Dir::Src {
            command(&decode(one), context);
        }
        // the server agrees to STARTTLS (numeric 670), and TLS follows
        if dir == Dir::Dst && one.starts_with(b":") && one.windows(5).take(128).any(|word| word == b" 670 ") {
            return Step::Redetect(bytes.len() - rest.len());
        }
        Step::Took(bytes.len() - rest.len())
    }

    fn gap(&mut self, _: Dir, _: usize, _: &mut Context<'_>) -> Step {
        Step::Took(0)
    }
}

fn command(line: &str, context: &mut Context<'_>) {
    let mut words = line.split_ascii_whitespace().skip_while(|word| word.starts_with(['@', ':']));
    let (Some(verb), Some(argument)) = (words.next(), words.next()) else { return };
    let argument = argument.strip_prefix(':').unwrap_or(argument);
    match verb.to_ascii_uppercase().as_str() {
        "NICK" if !argument.is_empty() => {
            context.doc.add(&fields::NICK, argument);
        }
        "JOIN" => {
            for channel in argument.split(',').filter(|name| name.starts_with(['#', '&', '+', '!'])) {
                context.doc.add(&fields::CHANNEL, channel);
            }
        }
        "PASS" => context.doc.tag("irc:password"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn names_and_channels() {
        for n in [1, 9, 500] {
            let doc = Talk::tcp(6667)
                .src_in(n, b"NICK ann\r\nUSER ann 0 * :Ann\r\nJOIN #one,&two key\r\nPRIVMSG #one :NICK bob\r\nNICK :bob\r\n")
                .dst(b":server 001 ann :Welcome\r\n:eve!e@x JOIN #three\r\n")
                .json();
            assert_eq!(doc["protocol"], json!(["irc"]), "{n}");
            assert_eq!(
                doc["irc"],
                json!({"channel": ["#one", "&two"], "channelCnt": 2, "nick": ["ann", "bob"], "nickCnt": 2})
            );
        }
        fields::audit(super::fields::FIELDS);
    }
}

//! Commands and replies, line by line.

use super::fields::*;
use crate::{Context, Dir, Parser, Step, text};
use session::core::USER;

/// Longest line that is read.
const MAX_LINE: usize = 8 * 1024;

/// Commands of RFC 959 and its extensions: what a client may start with.
static COMMANDS: &[&str] = &[
    "USER", "PASS", "ACCT", "CWD", "CDUP", "SMNT", "QUIT", "REIN", "PORT", "PASV", "TYPE", "STRU", "MODE",
    "RETR", "STOR", "STOU", "APPE", "ALLO", "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD", "MKD", "PWD",
    "LIST", "NLST", "SITE", "SYST", "STAT", "HELP", "NOOP", "AUTH", "ADAT", "PROT", "PBSZ", "CCC", "MIC",
    "CONF", "ENC", "FEAT", "OPTS", "SIZE", "MDTM", "MLST", "MLSD", "EPRT", "EPSV", "LPRT", "LPSV", "LANG",
    "HOST", "CLNT", "MFMT", "XCUP", "XMKD", "XPWD", "XRMD", "XCWD", "CSID", "HASH", "COMB", "AVBL", "DSIZ",
    "MFF", "MFCT", "XCRC", "XMD5", "XSHA1",
];

/// One control connection.
#[derive(Default)]
pub struct Ftp {
    /// Named in the document.
    sure: bool,
    greeted: bool,
    /// Code of the multi-line reply that goes on (`220-` … `220 `).
    within: Option<u16>,
    /// The client asked for TLS: what starts like a TLS record is one.
    tls: bool,
    /// The rest of a cut line is skipped, by side.
    skip: [bool; 2],
}

impl Parser for Ftp {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        if self.tls && bytes.starts_with(&[0x16]) {
            return Step::Redetect(0);
        }
        let [src, dst] = &mut self.skip;
        let skip = if dir == Dir::Src { src } else { dst };
        let Some((line, rest)) = text::line(bytes) else {
            if bytes.len() < MAX_LINE {
                return Step::Need(bytes.len() + 1);
            }
            *skip = true;
            return if self.sure { Step::Took(bytes.len()) } else { Step::NotMine };
        };
        if !std::mem::take(skip) {
            let known = match dir {
                Dir::Src => self.command(line, context),
                Dir::Dst => self.reply(line, context),
            };
            if !known && !self.sure {
                return Step::NotMine;
            }
        }
        Step::Took(bytes.len() - rest.len())
    }

    fn gap(&mut self, dir: Dir, _: usize, _: &mut Context<'_>) -> Step {
        let [src, dst] = &mut self.skip;
        *(if dir == Dir::Src { src } else { dst }) = true;
        Step::Took(0)
    }
}

impl Ftp {
    fn name(&mut self, context: &mut Context<'_>) {
        if !std::mem::replace(&mut self.sure, true) {
            context.doc.protocol("ftp");
        }
    }

    fn command(&mut self, line: &[u8], context: &mut Context<'_>) -> bool {
        let line = text::decode(line.trim_ascii());
        let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let verb = verb.to_ascii_uppercase();
        if !COMMANDS.contains(&verb.as_str()) {
            return false;
        }
        self.name(context);
        let argument = argument.trim();
        context.doc.add(&COMMAND, &verb);
        match verb.as_str() {
            "USER" if !argument.is_empty() => {
                context.doc.add(&USER, argument);
            }
            "PASS" => context.doc.tag("ftp:password"),
            "AUTH" => self.tls = true,
            "RETR" | "STOR" | "APPE" | "DELE" | "RNFR" | "RNTO" | "MKD" | "RMD" | "SIZE" | "MDTM"
                if !argument.is_empty() =>
            {
                context.doc.add(&FILENAME, argument);
            }
            _ => {}
        }
        true
    }

    fn reply(&mut self, line: &[u8], context: &mut Context<'_>) -> bool {
        let code = line.get(..3).filter(|c| c.iter().all(u8::is_ascii_digit));
        let code = code.and_then(|c| std::str::from_utf8(c).ok()).and_then(|c| c.parse::<u16>().ok());
        let mark = line.get(3).copied().unwrap_or(b' ');
        if let Some(within) = self.within {
            // RFC 959 section 4.2: the last line of a reply starts with the same code and a space
            if code == Some(within) && mark == b' ' {
                self.within = None;
            }
            return true;
        }
        let (Some(code), b' ' | b'-') = (code, mark) else { return false };
        if !(100..700).contains(&code)
            || (!self.sure && !matches!(code, 120 | 220 | 230 | 331 | 421 | 425 | 500..=534))
        {
            return false;
        }
        let text = text::decode(line.get(4..).unwrap_or_default().trim_ascii());
        if !self.sure && text.contains("SMTP") {
            return false;
        }
        self.name(context);
        context.doc.add(&RESPONSE_CODE, i64::from(code));
        if mark == b'-' {
            self.within = Some(code);
        }
        if code == 220 && !std::mem::replace(&mut self.greeted, true) && !text.is_empty() {
            context.doc.add(&BANNER, &text);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn a_download() {
        let doc = Talk::tcp(21)
            .dst("220-Welcome\r\n hello\r\n220 end\r\n")
            .src("USER Anonymous\r\n")
            .dst("331 Password?\r\n")
            .src("PASS secret\r\nretr /pub/a b.txt\r\n")
            .dst("230 ok\r\n550 No such file\r\n")
            .json();
        assert_eq!(doc["protocol"], json!(["ftp"]));
        assert_eq!(doc["user"], json!(["anonymous"]));
        assert_eq!(doc["ftp"]["command"], json!(["USER", "PASS", "RETR"]));
        assert_eq!(doc["ftp"]["filename"], json!(["/pub/a b.txt"]));
        assert_eq!(doc["ftp"]["responseCode"], json!([220, 331, 230, 550]));
        assert_eq!(doc["ftp"]["banner"], json!(["Welcome"]));
        assert!(!doc.to_string().contains("secret"));
    }

    #[test]
    fn another_protocol_on_port_21_is_not_named() {
        let doc = Talk::tcp(21).src("\x16\x03\x01\x02\n").dst("hello\r\n").json();
        assert!(!doc["protocol"].to_string().contains("ftp"));
    }

    #[test]
    fn found_on_another_port_by_its_greeting() {
        let doc = Talk::tcp(2121).dst("220 (vsFTPd 3.0.5)\r\n").src("AUTH TLS\r\n").json();
        assert_eq!(doc["ftp"]["command"], json!(["AUTH"]));
    }
}

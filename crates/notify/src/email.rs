//! E-mail by SMTP.

use crate::{Error, Message, PATIENCE, Settings, value, whole};
use lettre::message::{Mailbox, Message as Mail};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};

/// Sender and receivers.
pub(crate) fn addresses(settings: &Settings) -> Result<(Mailbox, Vec<Mailbox>), Error> {
    let read = |text: &str| {
        let text = text.trim();
        text.parse::<Mailbox>()
            .map_err(|_| Error::Settings(format!("`{}` is no e-mail address", crate::shortened(text, 80))))
    };
    let to = value(settings, "to").unwrap_or_default().split([',', ';']);
    let to = to.filter(|one| !one.trim().is_empty()).map(read).collect::<Result<_, _>>()?;
    Ok((read(value(settings, "from").unwrap_or_default())?, to))
}

pub(crate) fn send(settings: &Settings, message: &Message) -> Result<(), Error> {
    let (from, to) = addresses(settings)?;
    let subject = value(settings, "subject").unwrap_or(&message.title);
    let mut mail = Mail::builder().from(from).subject(subject).date_now().message_id(None);
    for one in to {
        mail = mail.to(one);
    }
    let mail = mail.body(whole(message)).map_err(|error| Error::Settings(error.to_string()))?;
    let host = value(settings, "host").unwrap_or_default();
    let user = value(settings, "user");
    let secure = value(settings, "secure") == Some("true");
    let failed = |error: lettre::transport::smtp::Error| {
        use std::error::Error as _;
        let why = error.source().map_or_else(String::new, |source| format!(": {source}"));
        Error::Failed(format!("mail server {host}: {error}{why}"))
    };
    let parameters = || TlsParameters::new(host.to_owned()).map_err(failed);
    // a password never goes out in the clear
    let tls = match (secure, user) {
        (true, _) => Tls::Wrapper(parameters()?),
        (false, Some(_)) => Tls::Required(parameters()?),
        (false, None) => Tls::Opportunistic(parameters()?),
    };
    let usual = match (secure, user) {
        (true, _) => 465,
        (false, Some(_)) => 587,
        (false, None) => 25,
    };
    let port = value(settings, "port").and_then(|port| port.parse().ok()).unwrap_or(usual);
    let mut transport = SmtpTransport::builder_dangerous(host).port(port).tls(tls).timeout(Some(PATIENCE));
    if let Some(user) = user {
        let password = settings.get("password").cloned().unwrap_or_default();
        transport = transport.credentials(Credentials::new(user.to_owned(), password));
    }
    transport.build().send(&mail).map_err(failed).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    /// A mail server that takes one mail; gives back what it was told.
    fn server() -> (u16, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let (mut out, mut lines) = (stream.try_clone().unwrap(), BufReader::new(stream));
            let (mut told, mut in_data) = (String::new(), false);
            out.write_all(b"220 here\r\n").unwrap();
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line).unwrap_or(0) == 0 {
                    return told;
                }
                told.push_str(&line);
                let answer: &[u8] = match line.trim_end() {
                    "." if in_data => {
                        in_data = false;
                        b"250 taken\r\n"
                    }
                    _ if in_data => continue,
                    "DATA" => {
                        in_data = true;
                        b"354 go on\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 fine\r\n",
                };
                if out.write_all(answer).is_err() {
                    return told;
                }
            }
        });
        (port, thread)
    }

    #[test]
    fn a_mail_arrives() {
        let (port, thread) = server();
        let settings: Settings = [
            ("from", "Hindsight <h@example.org>"),
            ("to", "a@example.org, 乙 <b@example.org>"),
            ("host", "127.0.0.1"),
            ("port", &port.to_string()),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
        let message = Message { title: "3 hits".into(), text: "of query x".into(), ..Message::default() };
        crate::send("email", &settings, &message).unwrap();
        let told = thread.join().unwrap();
        for line in [
            "MAIL FROM:<h@example.org>",
            "RCPT TO:<a@example.org>",
            "RCPT TO:<b@example.org>",
            "Subject: 3 hits",
            "of query x",
        ] {
            assert!(told.contains(line), "{line}: {told}");
        }
    }

    #[test]
    fn a_password_needs_tls() {
        let (port, thread) = server();
        let settings: Settings = [
            ("from", "h@example.org"),
            ("to", "a@example.org"),
            ("host", "127.0.0.1"),
            ("port", &port.to_string()),
            ("user", "u"),
            ("password", "p"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
        assert!(crate::send("email", &settings, &Message::default()).is_err(), "the server has no STARTTLS");
        assert!(!thread.join().unwrap().contains("AUTH"));
    }
}

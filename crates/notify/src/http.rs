//! What goes out as an HTTP request: web hooks, Slack, Discord, Teams, Twilio.

use crate::{Error, Message, PATIENCE, Settings, shortened, value, whole};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// One POST.
#[derive(Debug, PartialEq)]
struct Post {
    url: String,
    content_type: &'static str,
    authorization: Option<String>,
    body: String,
}

impl Post {
    fn json(url: &str, body: &Value) -> Self {
        Self {
            url: url.to_owned(),
            content_type: "application/json",
            authorization: None,
            body: body.to_string(),
        }
    }
}

/// Slack reads `<…>` as links and mentions.
fn slack_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn posts(kind: &str, settings: &Settings, message: &Message) -> Vec<Post> {
    let get = |name: &str| value(settings, name).unwrap_or_default();
    match kind {
        "slack" => vec![Post::json(get("slackWebhookUrl"), &json!({ "text": slack_text(&whole(message)) }))],
        "discord" => {
            // Discord refuses more than 2000 characters
            let body =
                json!({ "content": shortened(&whole(message), 2_000), "allowed_mentions": { "parse": [] } });
            vec![Post::json(get("discordWebhookUrl"), &body)]
        }
        "msteams" => {
            let block = |text: &str, heavy: bool| {
                let weight = if heavy { "Bolder" } else { "Default" };
                json!({ "type": "TextBlock", "text": text, "wrap": true, "weight": weight })
            };
            let lines = message.text.lines().filter(|line| !line.is_empty()).map(|line| block(line, false));
            let blocks: Vec<Value> = std::iter::once(block(&message.title, true)).chain(lines).collect();
            let card = json!({
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard", "version": "1.4", "body": blocks,
            });
            let body = json!({
                "type": "message",
                "summary": message.title,
                "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "content": card }],
            });
            vec![Post::json(get("webhookUrl"), &body)]
        }
        "twilio" => {
            let sid = get("accountSid");
            let sid_in_path: String = form_urlencoded::byte_serialize(sid.as_bytes()).collect();
            let text = shortened(&whole(message), 1_600);
            let numbers = get("toNumber").split(',').map(str::trim).filter(|number| !number.is_empty());
            numbers
                .map(|to| Post {
                    url: format!("https://api.twilio.com/2010-04-01/Accounts/{sid_in_path}/Messages.json"),
                    content_type: "application/x-www-form-urlencoded",
                    authorization: Some(format!(
                        "Basic {}",
                        STANDARD.encode(format!("{sid}:{}", get("authToken")))
                    )),
                    body: form_urlencoded::Serializer::new(String::new())
                        .extend_pairs([("To", to), ("From", get("fromNumber")), ("Body", &text)])
                        .finish(),
                })
                .collect()
        }
        _ => {
            let mut body = message.data.clone();
            body.insert("title".to_owned(), message.title.as_str().into());
            body.insert("text".to_owned(), message.text.as_str().into());
            let authorization = value(settings, "authorization").map(str::to_owned);
            vec![Post { authorization, ..Post::json(get("webhookUrl"), &Value::Object(body)) }]
        }
    }
}

pub(crate) fn send(kind: &str, settings: &Settings, message: &Message) -> Result<(), Error> {
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE * 2))
        .timeout_connect(Some(PATIENCE))
        .max_redirects(3)
        .http_status_as_error(false)
        .user_agent("hindsight")
        .tls_config(tls)
        .build()
        .into();
    for post in posts(kind, settings, message) {
        let mut request = agent.post(&post.url).header("content-type", post.content_type);
        if let Some(authorization) = &post.authorization {
            request = request.header("authorization", authorization);
        }
        // the URL is a secret of most services: it stands in no error
        let mut answer =
            request.send(post.body.as_str()).map_err(|error| Error::Failed(error.to_string()))?;
        let status = answer.status();
        if !status.is_success() {
            let said = answer.body_mut().with_config().limit(2_048).read_to_string().unwrap_or_default();
            return Err(Error::Failed(format!(
                "the service answered {status}: {}",
                shortened(said.trim(), 200)
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    fn message() -> Message {
        let data = json!({ "count": 3 }).as_object().unwrap().clone();
        Message { title: "3 new <sessions>".into(), text: "of query \"x\"".into(), data }
    }

    fn only(kind: &str, pairs: &[(&str, &str)]) -> Post {
        let settings = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let mut posts = posts(kind, &settings, &message());
        assert_eq!(posts.len(), 1);
        posts.remove(0)
    }

    #[test]
    fn each_service_gets_its_form() {
        let slack = only("slack", &[("slackWebhookUrl", "https://s/x")]);
        assert_eq!(slack.body, r#"{"text":"3 new &lt;sessions&gt;\nof query \"x\""}"#);
        let discord: Value =
            serde_json::from_str(&only("discord", &[("discordWebhookUrl", "https://d")]).body).unwrap();
        assert_eq!(discord["allowed_mentions"]["parse"], json!([]));
        let teams: Value =
            serde_json::from_str(&only("msteams", &[("webhookUrl", "https://t")]).body).unwrap();
        assert_eq!(teams["attachments"][0]["content"]["body"][1]["text"], "of query \"x\"");
        let twilio = only(
            "twilio",
            &[("accountSid", "A C"), ("authToken", "t"), ("toNumber", "+1"), ("fromNumber", "+2")],
        );
        assert_eq!(twilio.url, "https://api.twilio.com/2010-04-01/Accounts/A+C/Messages.json");
        assert!(twilio.body.starts_with("To=%2B1&From=%2B2&Body=3+new"), "{}", twilio.body);
        let hook: Value =
            serde_json::from_str(&only("webhook", &[("webhookUrl", "https://w")]).body).unwrap();
        assert_eq!((&hook["count"], &hook["title"]), (&json!(3), &json!("3 new <sessions>")));
    }

    /// Answers one request; gives back what it was.
    fn answering(status: &'static str) -> (u16, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut seen, mut buffer) = (Vec::new(), [0; 4_096]);
            while !String::from_utf8_lossy(&seen).contains('}') {
                let n = stream.read(&mut buffer).unwrap();
                assert!(n > 0, "{}", String::from_utf8_lossy(&seen));
                seen.extend_from_slice(&buffer[..n]);
            }
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno").unwrap();
            String::from_utf8(seen).unwrap()
        });
        (port, thread)
    }

    #[test]
    fn requests_are_sent_and_refusals_are_told() {
        let (port, thread) = answering("200 OK");
        let mut settings = Settings::from([("webhookUrl".into(), format!("http://127.0.0.1:{port}/h?a=1"))]);
        settings.insert("authorization".into(), "Bearer x".into());
        assert_eq!(crate::send("webhook", &settings, &message()), Ok(()));
        let seen = thread.join().unwrap();
        assert!(seen.starts_with("POST /h?a=1 HTTP/1.1\r\n"), "{seen}");
        assert!(seen.to_lowercase().contains("authorization: bearer x\r\n") && seen.ends_with('}'), "{seen}");
        let (port, thread) = answering("403 Forbidden");
        settings.insert("webhookUrl".into(), format!("http://127.0.0.1:{port}/secret"));
        let error = crate::send("webhook", &settings, &message()).unwrap_err().to_string();
        assert!(error.contains("403") && error.ends_with("no") && !error.contains("secret"), "{error}");
        thread.join().unwrap();
        // nobody listens there any more
        let error = crate::send("webhook", &settings, &message()).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}

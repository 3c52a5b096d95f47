//! Conversations byte by byte as mail clients and servers hold them.

use crate::Dir;
use crate::testing::Talk;
use serde_json::json;

const MAIL: &str = "Received: from a.example (unknown [192.0.2.1])\r\n\tby B.example with ESMTP; date\r\n\
    From: Jane <jane@a.example>\r\nTo: joe@b.example,\r\n \"X, Y\" <x@b.example>\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\
    Message-ID: <1@a>\r\nMIME-Version: 1.0\r\nX-Mailer: test\r\nX-Odd: yes\r\n\
    Content-Type: multipart/mixed;\r\n\tboundary=\"out er\"\r\n\r\npreamble\r\n--out er\r\n\
    Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain\r\n\r\ntext\r\n--in--\r\n\
    --out er\r\nContent-Type: application/zip; name=\"a.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    UEsD\r\nBGhlbGxv\r\n--out er\r\nContent-Disposition: attachment; filename=note.txt\r\n\r\nhello\r\n--out er--\r\n";

fn hello() -> Talk {
    Talk::tcp(25)
        .dst("220 mx ESMTP\r\n")
        .src("EHLO Me.example\r\n")
        .dst("250-mx\r\n250 PIPELINING\r\n")
        .src("MAIL FROM:<Jane@a.example> SIZE=100\r\nRCPT TO:<joe@b.example>\r\n")
        .dst("250 ok\r\n250 ok\r\n")
}

fn check(doc: &serde_json::Value) {
    let email = &doc["email"];
    assert_eq!(email["smtpHello"], json!(["me.example"]));
    assert_eq!(email["src"], json!(["jane@a.example"]));
    assert_eq!(email["dst"], json!(["joe@b.example", "x@b.example"]));
    assert_eq!(email["subject"], json!(["grüße"]));
    assert_eq!(email["host"], json!(["a.example", "b.example"]));
    assert_eq!(email["ip"], json!(["192.0.2.1"]));
    assert_eq!(email["id"], json!(["1@a"]));
    assert_eq!(email["useragent"], json!(["test"]));
    assert_eq!(email["headerField"], json!(["x-odd"]));
    assert_eq!(email["headerValue"], json!(["yes"]));
    assert_eq!(email["filename"], json!(["a.zip", "note.txt"]));
    assert_eq!(email["fileContentType"], json!(["application/zip"]));
    assert_eq!(email["bodyMagic"], json!(["application/zip"]));
    // printf 'PK\003\004hello' | md5sum; printf hello | md5sum
    assert_eq!(email["md5"], json!(["ebc6688b0786f09481c3ac105d17cf1d", "5d41402abc4b2a76b9719d911017c592"]));
}

#[test]
fn a_message_with_attachments() {
    let doc = hello()
        .src("DATA\r\n")
        .dst("354 go\r\n")
        .src(format!("{MAIL}.\r\n"))
        .dst("250 queued\r\n")
        .src("QUIT\r\n")
        .json();
    check(&doc);
    assert_eq!(doc["protocol"], json!(["smtp"]));
    assert_eq!(doc["tags"], json!(["smtp:statuscode:250"]));
}

#[test]
fn an_authorization_header_has_a_field_of_its_own() {
    let mail = MAIL.replacen("X-Odd: yes", "X-Odd: yes\r\nAuthorization: Basic YTpi", 1);
    assert_ne!(mail, MAIL);
    let doc = hello().src("DATA\r\n").dst("354 go\r\n").src(format!("{mail}.\r\n")).dst("250 queued\r\n").json();
    assert_eq!(doc["email"]["header-authorization"], json!(["Basic YTpi"]));
    assert_eq!(doc["email"]["headerField"], json!(["x-odd"]));
}

#[test]
fn the_same_in_chunks() {
    for cut in [1, 50, 333, MAIL.len() - 1] {
        let (head, tail) = MAIL.split_at(cut);
        let doc = hello()
            .src(format!("BDAT {}\r\n{head}BDAT {} LAST\r\n{tail}QUIT\r\n", head.len(), tail.len()))
            .dst("250 ok\r\n250 ok\r\n221 bye\r\n")
            .json();
        check(&doc);
    }
}

#[test]
fn dots_are_unstuffed_and_a_refused_data_goes_on_with_commands() {
    let doc = hello()
        .src("DATA\r\n")
        .dst("554 no\r\n")
        .src("MAIL FROM:<>\r\nRCPT TO:z@b.example\r\nDATA\r\n")
        .dst("250 ok\r\n250 ok\r\n354 go\r\n")
        .src("..Subject: no\r\nSubject: yes\r\n\r\n.\r\n")
        .json();
    assert_eq!(doc["email"]["src"], json!(["jane@a.example", ""]));
    assert_eq!(doc["email"]["dst"], json!(["joe@b.example", "z@b.example"]));
    assert_eq!(doc["email"]["header"], json!([".subject", "subject"]));
}

#[test]
fn who_logs_in_is_kept_and_the_password_is_not() {
    let doc = Talk::tcp(587)
        .src("EHLO x\r\n")
        .dst("250 x\r\n")
        .src("AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n")
        .dst("535 no\r\n")
        .src("AUTH LOGIN\r\n")
        .dst("334 VXNlcm5hbWU6\r\n")
        .src("amFuZQ==\r\n")
        .dst("334 UGFzc3dvcmQ6\r\n")
        .src("c2VjcmV0\r\n")
        .dst("235 ok\r\n")
        .src("MAIL FROM:<a@b>\r\n")
        .json();
    assert_eq!(doc["user"], json!(["joe", "jane"]));
    assert_eq!(doc["email"]["src"], json!(["a@b"]));
    assert!(!doc.to_string().contains("c2VjcmV0") && !doc.to_string().contains("secret"));
}

#[test]
fn a_message_with_lost_bytes_has_no_wrong_digest() {
    let cut = MAIL.find("UEsD").unwrap();
    let doc = hello()
        .src("DATA\r\n")
        .dst("354 go\r\n")
        .src(&MAIL[..cut])
        .gap(Dir::Src, 6)
        .src(format!("{}.\r\n", &MAIL[cut + 6..]))
        .json();
    assert_eq!(doc["email"]["filename"], json!(["a.zip", "note.txt"]));
    assert_eq!(doc["email"]["md5"], json!(["5d41402abc4b2a76b9719d911017c592"]));
}

#[test]
fn tls_after_starttls_is_handed_over() {
    let talk = Talk::tcp(25)
        .dst("220 mx ESMTP\r\n")
        .src("EHLO a\r\nSTARTTLS\r\n")
        .dst("250 mx\r\n220 go\r\n")
        .src([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])
        .src("EHLO not read as smtp\r\n");
    let doc = talk.json();
    assert_eq!(doc["email"]["smtpHello"], json!(["a"]));
}

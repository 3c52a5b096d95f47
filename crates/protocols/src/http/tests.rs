//! Exchanges byte by byte as clients and servers write them.

use crate::testing::Talk;
use crate::{Dir, Options, Transport};
use serde_json::json;

const GET: &str = "GET /a/b?x=1&y=%20z&empty= HTTP/1.1\r\nHost: Example.org:8080\r\nUser-Agent: curl/8\r\n\
    Referer: http://r/\r\nX-Forwarded-For: 10.0.0.1, unknown, 010.000.00.02\r\nCookie: a=1; b=; c\r\nAccept: */*\r\n\r\n";

#[test]
fn a_request_fills_its_fields() {
    let doc =
        Talk::tcp(80).src(GET).dst("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello").json();
    let http = &doc["http"];
    assert_eq!(doc["protocol"], json!(["http"]));
    assert_eq!(http["host"], json!(["example.org", "example.org:8080"]));
    assert_eq!(http["uri"], json!(["Example.org:8080/a/b?x=1&y=%20z&empty="]));
    assert_eq!(http["path"], json!(["/a/b"]));
    assert_eq!(http["key"], json!(["x", "y", "empty"]));
    assert_eq!(http["value"], json!(["1", " z"]));
    assert_eq!(http["xffIp"], json!(["10.0.0.1", "10.0.0.2"]));
    assert_eq!(http["cookieKey"], json!(["a", "b", "c"]));
    assert_eq!(http["cookieValue"], json!(["1"]));
    assert_eq!(http["requestHeaderField"], json!(["cookie", "accept"]));
    assert_eq!(http["requestHeaderCnt"], 6);
    assert_eq!(http["responseHeaderValue"], json!(["5", "x"]));
    assert_eq!(http["request-referer"], json!(["http://r/"]));
    assert_eq!(http["md5"], json!(["5d41402abc4b2a76b9719d911017c592"]));
    assert_eq!(http["method-GET"], 1);
    assert_eq!(http["statuscode"], json!([200]));
    assert_eq!((&http["clientVersion"], &http["serverVersion"]), (&json!(["1.1"]), &json!(["1.1"])));
    let tx = &doc["transaction"][0];
    assert_eq!(tx["request"], "GET Example.org:8080/a/b?x=1&y=%20z&empty=");
    assert_eq!((&tx["lastByte"], &tx["firstByte"], &tx["bytes"]), (&json!(1_000), &json!(1_000), &json!(5)));
}

#[test]
fn pipelined_requests_meet_their_responses_in_order() {
    let doc = Talk::tcp(80)
        .src("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HTTP/1.1\r\nHost: h\r\n\r\n")
        .dst("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")
        .dst("HTTP/1.1 500 Oh no\r\nContent-Length: 1\r\n\r\nx")
        .json();
    let seen: Vec<_> = doc["transaction"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["request"].as_str().unwrap(), t["status"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("GET h/1", "304"), ("HEAD h/2", "200"), ("GET h/3", "500")]);
    assert_eq!(doc["perf"]["http"]["errors"], 1);
    assert_eq!(doc["transaction"][2]["error"], "Oh no");
}

#[test]
fn chunked_bodies_are_digested_without_their_framing() {
    let doc = Talk::tcp(80)
        .src("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        .dst("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nhe\r\n3\r\nl")
        .dst("lo\r\n0\r\nTrailer: 1\r\n\r\nHTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n")
        .json();
    assert_eq!(doc["http"]["md5"], json!(["5d41402abc4b2a76b9719d911017c592"]));
    assert_eq!(doc["http"]["statuscode"], json!([200, 404]));
}

#[test]
fn a_body_may_end_with_the_connection() {
    let doc = Talk::tcp(80).src("GET / HTTP/1.0\r\n\r\n").dst("HTTP/1.0 200 OK\r\n\r\nhel").dst("lo").json();
    assert_eq!(doc["http"]["md5"], json!(["5d41402abc4b2a76b9719d911017c592"]));
    assert_eq!(doc["perf"]["http"]["count"], 1);
}

#[test]
fn a_request_body_is_kept_and_its_last_byte_starts_the_clock() {
    let doc = Talk::tcp(80)
        .src("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n")
        .dst("HTTP/1.1 100 Continue\r\n\r\n")
        .src("abc")
        .src("def")
        .dst("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .json();
    assert_eq!(doc["http"]["requestBody"], json!(["abcdef"]));
    assert_eq!(doc["http"]["statuscode"], json!([100, 200]));
    assert_eq!(doc["transaction"][0]["lastByte"], 1_000);
}

#[test]
fn lost_bytes_of_a_body_are_skipped_and_cost_only_its_digest() {
    let doc = Talk::tcp(80)
        .src("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        .dst("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nGIF89a")
        .gap(Dir::Dst, 94)
        .dst("HTTP/1.1 201 OK\r\nContent-Length: 5\r\n\r\nhello")
        .json();
    assert_eq!(doc["http"]["statuscode"], json!([200, 201]));
    assert_eq!(doc["http"]["bodyMagic"], json!(["image/gif"]));
    assert_eq!(doc["http"]["md5"], json!(["5d41402abc4b2a76b9719d911017c592"]));
    assert_eq!(doc["perf"]["http"]["count"], 2);
}

#[test]
fn after_a_lost_head_reading_goes_on_at_the_next_message() {
    let doc = Talk::tcp(80)
        .src("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n")
        .gap(Dir::Dst, 500)
        .dst("rest of something")
        .src("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        .dst("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .json();
    assert_eq!(doc["http"]["statuscode"], json!([200]));
    assert_eq!(doc["http"]["uri"], json!(["h/1", "h/2"]));
    assert_eq!(doc["transaction"][0]["request"], "GET h/2");
}

#[test]
fn basic_and_digest_name_the_user() {
    let doc = Talk::tcp(80)
        .src("GET / HTTP/1.1\r\nAuthorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l\r\n\r\n")
        .src("GET / HTTP/1.1\r\nAuthorization: Digest realm=\"r\", username=\"mufasa\", uri=\"/\"\r\n\r\n")
        .json();
    assert_eq!(doc["http"]["user"], json!(["aladdin", "mufasa"]));
    assert_eq!(doc["http"]["authType"], json!(["basic", "digest"]));
}

#[test]
fn credentials_stay_out_unless_all_headers_are_kept() {
    let doc = Talk::tcp(80)
        .with(Options::default())
        .src("GET / HTTP/1.1\r\nAuthorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l\r\nOrigin: http://o\r\n\r\n")
        .json();
    assert!(!doc.to_string().contains("YWxhZGRpbjpvcGVuc2VzYW1l"));
    assert_eq!(doc["http"]["request-origin"], json!(["http://o"]));
    assert!(doc["http"]["requestHeaderValue"].is_null());
}

#[test]
fn connect_hands_the_tunnel_to_whoever_speaks_in_it() {
    let doc = Talk::tcp(8080)
        .src("CONNECT h:25 HTTP/1.1\r\nHost: h:25\r\n\r\n")
        .dst("HTTP/1.1 200 Connection established\r\n\r\n")
        .src("GET /inner HTTP/1.1\r\nHost: inner\r\n\r\n")
        .json();
    assert_eq!(doc["http"]["uri"], json!(["h:25", "inner/inner"]));
    assert_eq!(doc["perf"]["http"]["count"], 1);
}

#[test]
fn a_refused_connect_goes_on_as_http() {
    let doc = Talk::tcp(8080)
        .src("CONNECT h:25 HTTP/1.1\r\n\r\n")
        .dst("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        .src("CONNECT h:26 HTTP/1.1\r\n\r\n")
        .json();
    assert_eq!(doc["http"]["uri"], json!(["h:25", "h:26"]));
}

#[test]
fn websocket_is_named() {
    let doc = Talk::tcp(80)
        .src("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        .dst("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x01\x02")
        .json();
    assert_eq!(doc["protocol"], json!(["http", "websocket"]));
    assert_eq!(doc["perf"]["http"]["count"], 1);
}

#[test]
fn absolute_form_and_asterisk() {
    let doc = Talk::tcp(3128)
        .src("GET http://a.b/c?d HTTP/1.1\r\nHost: a.b\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: a.b\r\n\r\n")
        .json();
    assert_eq!(doc["http"]["uri"], json!(["a.b/c?d", "*"]));
    assert_eq!(doc["http"]["path"], json!(["/c"]));
}

#[test]
fn a_tiny_first_segment_is_recognised_later() {
    let mut talk = Talk::tcp(80);
    for byte in GET.as_bytes() {
        talk = talk.src([*byte]);
    }
    assert_eq!(talk.json()["http"]["path"], json!(["/a/b"]));
}

#[test]
fn runs_over_sctp_as_a_stream() {
    let doc = Talk::new(Transport::Sctp, 40_000, 80)
        .src("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        .dst("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        .dst("llo")
        .json();
    assert_eq!(doc["http"]["md5"], json!(["5d41402abc4b2a76b9719d911017c592"]));
}

#[test]
fn the_preface_of_http2_is_noted() {
    let doc = Talk::tcp(80).src("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").json();
    let named = doc["protocol"].as_array().unwrap();
    assert!(["http", "http2"].iter().all(|name| named.contains(&json!(name))));
    assert_eq!(doc["http"]["uri"], json!(["*"]));
}

//! What a parser costs on the packet path: whole conversations from the first segment to the document, one thread.
//!
//! Time is the CPU time of the thread, so that a busy machine does not show.
//!
//! `cargo bench -p hindsight-protocols --bench streams [-- WORD…]`. Each figure is the best of five runs of about 0.2 s.

use protocols::{Conversation, Detector, Dir, Endpoint, Options, Surroundings, Transport};
use session::SessionDoc;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

type Turns = Vec<(Dir, Vec<u8>)>;

fn lead(detector: &Detector, options: &Options, port: u16, turns: &Turns) -> usize {
    let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let ends = [Endpoint { ip, port: 40_000 }, Endpoint { ip, port }];
    let around = Surroundings { detector, options, transport: Transport::Tcp, ends };
    let (mut conversation, mut doc) = (Conversation::new(), SessionDoc::new());
    for (at, (dir, bytes)) in turns.iter().enumerate() {
        conversation.data(*dir, bytes, at as i64 * 1_000_000, &mut doc, &around);
    }
    conversation.save(turns.len() as i64, &mut doc, &around);
    doc.memory()
}

/// CPU time of this thread (Linux: `/proc/thread-self/schedstat`, nanoseconds).
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

fn measure(name: &str, port: u16, turns: &Turns, units: usize, unit: &str) {
    // cargo bench passes the words after `--`: only what they name is measured
    let mut wanted = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
    if wanted.peek().is_some() && !wanted.any(|word| name.contains(&word)) {
        return;
    }
    let detector = Detector::default();
    let bytes: usize = turns.iter().map(|(_, bytes)| bytes.len()).sum();
    for (mode, options) in [("default", Options::default()), ("complete", Options::complete())] {
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let (start, mut rounds) = (cpu(), 0u32);
            let taken = loop {
                for _ in 0..100_000_000_usize.div_ceil(bytes * 100 + 1_000_000) {
                    std::hint::black_box(lead(&detector, &options, port, turns));
                    rounds += 1;
                }
                let taken = cpu().saturating_sub(start);
                if taken > Duration::from_millis(200) || rounds > 1_000_000 {
                    break taken;
                }
            };
            best = best.min(taken / rounds);
        }
        let each = best.as_nanos() as f64 / units as f64;
        let gbit = bytes as f64 * 8.0 / best.as_nanos() as f64;
        println!("{name:<28} {mode:<9} {each:>9.0} ns per {unit:<10} {gbit:>7.2} Gbit/s");
    }
}

fn in_segments(turns: &mut Turns, dir: Dir, bytes: &[u8]) {
    turns.extend(bytes.chunks(1_448).map(|segment| (dir, segment.to_vec())));
}

fn http(requests: usize, body: usize) -> Turns {
    let mut turns = Turns::new();
    for n in 0..requests {
        let request = format!(
            "GET /shop/items/{n}?page=1&sort=price HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux \
             x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Language: \
             en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: https://shop.example.com/\r\nConnection: \
             keep-alive\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\r\n"
        );
        turns.push((Dir::Src, request.into_bytes()));
        let mut response = format!(
            "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\nContent-Type: text/html\r\n\
             Content-Length: {body}\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\n\r\n"
        )
        .into_bytes();
        response.resize(response.len() + body, b'x');
        in_segments(&mut turns, Dir::Dst, &response);
    }
    turns
}

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_le_bytes()[..3].to_vec();
    out.push(sequence);
    out.extend_from_slice(payload);
    out
}

fn mysql(statements: usize, rows: usize) -> Turns {
    let ok = packet(2, &[0, 0, 0, 2, 0, 0, 0]);
    let eof = packet(5, &[0xfe, 0, 0, 2, 0]);
    let mut log_in = vec![0x01, 0x02, 0, 0, 0, 0, 0, 1, 0x21];
    log_in.extend_from_slice(&[0; 23]);
    log_in.extend_from_slice(b"joe\0\0");
    let mut turns = vec![
        (Dir::Dst, packet(0, &[&b"\x0a8.0.36\0"[..], &[1; 60]].concat())),
        (Dir::Src, packet(1, &log_in)),
        (Dir::Dst, ok),
    ];
    for n in 0..statements {
        let text = format!("\x03SELECT id, name, price FROM item WHERE shop = {n} ORDER BY price LIMIT 100");
        turns.push((Dir::Src, packet(0, text.as_bytes())));
        let mut answer =
            [packet(1, &[1]), packet(2, b"\x03def-column-definition-of-some-length"), eof.clone()].concat();
        for _ in 0..rows {
            answer.extend(packet(4, b"\x06123456\x14some name of an item\x0512.99"));
        }
        answer.extend_from_slice(&eof);
        in_segments(&mut turns, Dir::Dst, &answer);
    }
    turns
}

fn smtp(size: usize) -> Turns {
    let mut turns = vec![
        (Dir::Dst, b"220 mx.example ESMTP\r\n".to_vec()),
        (
            Dir::Src,
            b"EHLO me.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n".to_vec(),
        ),
        (Dir::Dst, b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n".to_vec()),
    ];
    let mut mail = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/zip; \
        name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    for _ in 0..size / 78 {
        mail.extend_from_slice(&[b'Q'; 76]);
        mail.extend_from_slice(b"\r\n");
    }
    mail.extend_from_slice(b"--b--\r\n.\r\n");
    in_segments(&mut turns, Dir::Src, &mail);
    turns
}

fn main() {
    measure("http, 1 exchange of 500 B", 80, &http(1, 500), 1, "session");
    measure("http, 50 exchanges of 2 kB", 80, &http(50, 2_000), 50, "exchange");
    measure("http, 1 body of 10 MB", 80, &http(1, 10_000_000), 1, "session");
    measure("mysql, 200 × 100 rows", 3306, &mysql(200, 100), 200, "statement");
    measure("smtp, attachment of 5 MB", 25, &smtp(5_000_000), 1, "session");
}

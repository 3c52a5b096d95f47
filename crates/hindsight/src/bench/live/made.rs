//! Generated traffic: conversations with correct headers, sequence numbers and checksums, their packets interleaved.

use super::traffic::{Traffic, Vary};

/// Conversations that go on at the same time.
const AT_ONCE: usize = 64;
/// Payload of a full TCP segment in a frame of 1,514 bytes.
const SEGMENT: usize = 1_460;

type Frame = (Vec<u8>, Option<Vary>);

/// Downloads of a megabyte in segments of 1,460 bytes: almost every frame has 1,514.
pub fn large(downloads: usize) -> Traffic {
    let mut random = Random(1);
    let mut conversations = Vec::with_capacity(downloads);
    for n in 0..downloads {
        let mut tcp = Tcp::new(n, 80, &mut random);
        tcp.request(
            format!("GET /{n}.bin HTTP/1.1\r\nHost: files.example.com\r\nUser-Agent: bench\r\n\r\n")
                .as_bytes(),
        );
        let mut answer =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
                .to_vec();
        answer.extend(random.bytes(1_000_000));
        tcp.answer(&answer, 16);
        conversations.push(tcp.end());
    }
    Traffic::made("large", interleave(conversations, &mut random))
}

/// Name lookups, small pages over HTTP and sessions over TLS, as of an office.
pub fn mixed(conversations: usize) -> Traffic {
    let mut random = Random(2);
    let mut made = Vec::with_capacity(conversations);
    for n in 0..conversations {
        made.push(match n % 10 {
            0..=5 => lookup(n, &mut random),
            6 | 7 => page(n, &mut random),
            _ => tls(n, &mut random),
        });
    }
    Traffic::made("mixed", interleave(made, &mut random))
}

/// Frames of 60 to 80 bytes: datagrams of flows that go on, and in every fifth conversation a lookup or an attempt to connect of a
/// client never seen before.
pub fn small(conversations: usize) -> Traffic {
    let mut random = Random(3);
    let mut made = Vec::with_capacity(conversations);
    for n in 0..conversations {
        made.push(match n % 10 {
            0 => lookup(n, &mut random),
            1 => vec![Tcp::new(n, 443, &mut random).frames.swap_remove(0)],
            _ => (0..4)
                .map(|_| {
                    let payload = random.bytes(18);
                    (udp(true, client(n), server(n), port(n), 5_004, &payload), None)
                })
                .collect(),
        });
    }
    Traffic::made("small", interleave(made, &mut random))
}

/// Takes turns among [`AT_ONCE`] conversations at random, each in its own order.
fn interleave(conversations: Vec<Vec<Frame>>, random: &mut Random) -> Vec<Frame> {
    let mut waiting = conversations.into_iter().map(Vec::into_iter);
    let mut going: Vec<std::vec::IntoIter<Frame>> = waiting.by_ref().take(AT_ONCE).collect();
    let mut frames = Vec::new();
    while !going.is_empty() {
        let at = random.below(going.len());
        match going.get_mut(at).and_then(Iterator::next) {
            Some(frame) => frames.push(frame),
            None => match waiting.next() {
                Some(next) => {
                    if let Some(place) = going.get_mut(at) {
                        *place = next;
                    }
                }
                None => drop(going.swap_remove(at)),
            },
        }
    }
    frames
}

fn lookup(n: usize, random: &mut Random) -> Vec<Frame> {
    let mut query = (random.next() as u16).to_be_bytes().to_vec();
    query.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in [format!("h{}", n % 5_000), "example".into(), "com".into()] {
        query.push(label.len() as u8);
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 1, 0, 1]);
    let mut answer = query.clone();
    if let Some(head) = answer.get_mut(2..8) {
        head.copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1]);
    }
    answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 51, 100, (n % 251) as u8]);
    let (client, server, port) = (client(n), [192, 0, 2, 53], port(n));
    vec![
        (udp(true, client, server, port, 53, &query), Some(UDP_OUT)),
        (udp(false, client, server, port, 53, &answer), Some(UDP_BACK)),
    ]
}

fn page(n: usize, random: &mut Random) -> Vec<Frame> {
    let mut tcp = Tcp::new(n, 80, random);
    let request = format!(
        "GET /items/{n}?page=2 HTTP/1.1\r\nHost: www{}.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\n\
         Accept: text/html\r\nCookie: session={:016x}\r\n\r\n",
        n % 500,
        random.next()
    );
    tcp.request(request.as_bytes());
    let body = random.between(500, 3_000);
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", body.len())
            .into_bytes();
    answer.extend(body);
    tcp.answer(&answer, 2);
    tcp.end()
}

fn tls(n: usize, random: &mut Random) -> Vec<Frame> {
    let mut tcp = Tcp::new(n, 443, random);
    let host = format!("s{}.example.net", n % 2_000);
    let name_len = host.len() as u16;
    let mut hello = vec![3, 3];
    hello.extend(random.bytes(32));
    hello.extend([0, 0, 4, 0x13, 1, 0xc0, 0x2f, 1, 0]);
    let mut extension = vec![0, 0];
    extension.extend((name_len + 5).to_be_bytes());
    extension.extend((name_len + 3).to_be_bytes());
    extension.push(0);
    extension.extend(name_len.to_be_bytes());
    extension.extend(host.as_bytes());
    hello.extend((extension.len() as u16).to_be_bytes());
    hello.extend(extension);
    tcp.request(&record(22, &handshake(1, &hello)));
    let mut answer = vec![3, 3];
    answer.extend(random.bytes(32));
    answer.extend([0, 0xc0, 0x2f, 0]);
    let mut flight = record(22, &handshake(2, &answer));
    flight.extend(record(20, &[1]));
    flight.extend(record(23, &random.bytes(1_200)));
    tcp.answer(&flight, 2);
    for _ in 0..2 + random.below(4) {
        tcp.request(&record(23, &random.between(80, 280)));
        tcp.answer(&record(23, &random.between(100, 1_000)), 2);
    }
    tcp.end()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = (body.len() as u32).to_be_bytes().to_vec();
    if let Some(first) = message.first_mut() {
        *first = kind;
    }
    message.extend(body);
    message
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, 3];
    record.extend((body.len() as u16).to_be_bytes());
    record.extend(body);
    record
}

/// The last two bytes stay free for the number of the pass.
fn client(n: usize) -> [u8; 4] {
    [10, (n % 250) as u8, 0, 0]
}
fn server(n: usize) -> [u8; 4] {
    [203, 0, 113, (n % 200) as u8 + 1]
}
fn port(n: usize) -> u16 {
    1_024 + (n / 250 % 60_000) as u16
}

/// Where the changing part of the client's address and the checksum are, by protocol and by whether the client sends.
const UDP_OUT: Vary = Vary { word: 28, checksum: 40 };
const UDP_BACK: Vary = Vary { word: 32, checksum: 40 };
const TCP_OUT: Vary = Vary { word: 28, checksum: 50 };
const TCP_BACK: Vary = Vary { word: 32, checksum: 50 };

/// A TCP conversation with its frames so far.
struct Tcp {
    client: ([u8; 4], u16),
    server: ([u8; 4], u16),
    /// Next sequence number of client and server.
    next: [u32; 2],
    frames: Vec<Frame>,
}

const FIN: u8 = 1;
const SYN: u8 = 2;
const PSH: u8 = 8;
const ACK: u8 = 16;

impl Tcp {
    /// Begins with a handshake.
    fn new(n: usize, server_port: u16, random: &mut Random) -> Self {
        let next = [random.next() as u32, random.next() as u32];
        let mut tcp =
            Self { client: (client(n), port(n)), server: (server(n), server_port), next, frames: Vec::new() };
        tcp.segment(true, SYN, &[]);
        tcp.segment(false, SYN | ACK, &[]);
        tcp.segment(true, ACK, &[]);
        tcp
    }

    fn request(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(SEGMENT) {
            self.segment(true, PSH | ACK, part);
        }
    }

    /// The server's bytes; the client acknowledges every so many segments, and the last.
    fn answer(&mut self, bytes: &[u8], every: usize) {
        for group in bytes.chunks(SEGMENT * every) {
            for part in group.chunks(SEGMENT) {
                self.segment(false, PSH | ACK, part);
            }
            self.segment(true, ACK, &[]);
        }
    }

    fn end(mut self) -> Vec<Frame> {
        self.segment(true, FIN | ACK, &[]);
        self.segment(false, FIN | ACK, &[]);
        self.segment(true, ACK, &[]);
        self.frames
    }

    fn segment(&mut self, out: bool, flags: u8, payload: &[u8]) {
        let [client, server] = self.next;
        let (sequence, acknowledged) = if out { (client, server) } else { (server, client) };
        let (from, to) = if out { (self.client, self.server) } else { (self.server, self.client) };
        let mut segment = Vec::with_capacity(20 + payload.len());
        segment.extend(from.1.to_be_bytes());
        segment.extend(to.1.to_be_bytes());
        segment.extend(sequence.to_be_bytes());
        segment.extend((if flags & ACK != 0 { acknowledged } else { 0 }).to_be_bytes());
        segment.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        segment.extend(payload);
        let vary = if out { TCP_OUT } else { TCP_BACK };
        self.frames.push((frame(out, 6, from.0, to.0, segment, 16), Some(vary)));
        let used = payload.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        if let Some(next) = self.next.get_mut(usize::from(!out)) {
            *next = next.wrapping_add(used);
        }
    }
}

fn udp(out: bool, client: [u8; 4], server: [u8; 4], port: u16, server_port: u16, payload: &[u8]) -> Vec<u8> {
    let (from, to) = if out { (client, server) } else { (server, client) };
    let (from_port, to_port) = if out { (port, server_port) } else { (server_port, port) };
    let mut datagram = Vec::with_capacity(8 + payload.len());
    datagram.extend(from_port.to_be_bytes());
    datagram.extend(to_port.to_be_bytes());
    datagram.extend((8 + payload.len() as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    frame(out, 17, from, to, datagram, 6)
}

/// Ethernet and IPv4 around a segment, padded to 60 bytes; the segment's checksum goes to `checksum`.
fn frame(
    out: bool,
    protocol: u8,
    from: [u8; 4],
    to: [u8; 4],
    mut segment: Vec<u8>,
    checksum: usize,
) -> Vec<u8> {
    let len = segment.len() as u16;
    let mut pseudo = [from, to].concat();
    pseudo.extend([0, protocol]);
    pseudo.extend(len.to_be_bytes());
    pseudo.extend(&segment);
    if let Some(place) = segment.get_mut(checksum..checksum + 2) {
        place.copy_from_slice(&(!sum(&pseudo)).to_be_bytes());
    }
    let mut header = vec![0x45, 0];
    header.extend((20 + len).to_be_bytes());
    header.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    header.extend(from);
    header.extend(to);
    let own = !sum(&header);
    if let Some(place) = header.get_mut(10..12) {
        place.copy_from_slice(&own.to_be_bytes());
    }
    let (client, server) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let mut frame = if out { [server, client].concat() } else { [client, server].concat() };
    frame.extend([8, 0]);
    frame.extend(header);
    frame.extend(segment);
    frame.resize(frame.len().max(60), 0);
    frame
}

/// Ones' complement sum of 16-bit words (RFC 1071).
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|two| match two {
        [high, low] => u32::from(*high) << 8 | u32::from(*low),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    let total: u32 = words.sum();
    let folded = (total & 0xffff) + (total >> 16);
    ((folded & 0xffff) + (folded >> 16)) as u16
}

/// SplitMix64: always the same traffic.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
    /// At least `least` bytes, fewer than `limit`.
    fn between(&mut self, least: usize, limit: usize) -> Vec<u8> {
        let count = least + self.below(limit - least);
        self.bytes(count)
    }
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend(self.next().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

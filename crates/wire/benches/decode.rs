//! Nanoseconds to decode one frame. Measured: `wire::decode` alone on one frame that stays in the cache, so this is the floor of what
//! the packet path spends on headers. Corpus: a plain TCP segment, and one inside VLAN + VXLAN (ten headers).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use wire::build::Frame;
use wire::{LinkType, TcpFlags, decode};

fn benches(c: &mut Criterion) {
    let (a, b) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let tcp =
        || Frame::payload(&[0; 512]).tcp(40000, 443, 1, 2, TcpFlags::ACK).ipv4([10, 0, 0, 1], [10, 0, 0, 2]);
    let plain = tcp().ethernet(a, b).bytes();
    let tunnelled = tcp()
        .ethernet(a, b)
        .vxlan(7, 4789)
        .ipv4([172, 16, 0, 1], [172, 16, 0, 2])
        .vlan(9)
        .ethernet(a, b)
        .bytes();
    c.bench_function("tcp", |bench| {
        bench.iter(|| decode(LinkType::ETHERNET, black_box(&plain)).payload.len())
    });
    c.bench_function("vlan+vxlan+tcp", |bench| {
        bench.iter(|| decode(LinkType::ETHERNET, black_box(&tunnelled)).payload.len())
    });
}

criterion_group!(group, benches);
criterion_main!(group);

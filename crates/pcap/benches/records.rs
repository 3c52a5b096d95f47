//! Nanoseconds to read or write one record. Corpus: 20,000 packets of 40 to 1500 bytes, 15 MB, which stays in memory but not in the
//! cache. Measured: the record layer alone; every packet's first byte is touched, as a decoder would.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pcap::{NgWriter, PcapWriter, Precision, Slice, Stream};

const PACKETS: usize = 20_000;

fn packets() -> impl Iterator<Item = (i64, Vec<u8>)> {
    (0..PACKETS).map(|i| (1_700_000_000_000_000_000 + i as i64, vec![i as u8; 40 + i * 7919 % 1460]))
}

fn benches(c: &mut Criterion) {
    let mut pcap = PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65535).unwrap();
    let mut ng = NgWriter::new(Vec::new(), "bench").unwrap();
    let interface = ng.interface(1, Some("eth0")).unwrap();
    for (time, bytes) in packets() {
        pcap.write(time, &bytes, bytes.len() as u32).unwrap();
        ng.write(interface, time, &bytes, bytes.len() as u32, None).unwrap();
    }
    for (name, capture) in [("pcap", pcap.into_inner()), ("pcapng", ng.into_inner())] {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(PACKETS as u64));
        group.bench_function("slice", |b| {
            b.iter(|| Slice::new(&capture).unwrap().map(|r| u64::from(r.unwrap().bytes[0])).sum::<u64>());
        });
        group.bench_function("stream", |b| {
            b.iter(|| {
                let mut stream = Stream::new(&capture[..]).unwrap();
                let mut sum = 0;
                while let Some(record) = stream.next().unwrap() {
                    sum += u64::from(record.bytes[0]);
                }
                sum
            });
        });
        group.finish();
    }
    let packets: Vec<_> = packets().collect();
    let mut group = c.benchmark_group("write");
    group.throughput(Throughput::Elements(PACKETS as u64));
    group.bench_function("pcap", |b| {
        b.iter(|| {
            let output = Vec::with_capacity(20 << 20);
            let mut writer = PcapWriter::new(output, Precision::Nanos, 1, 65535).unwrap();
            for (time, bytes) in &packets {
                writer.write(*time, black_box(bytes), bytes.len() as u32).unwrap();
            }
            writer.position()
        });
    });
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);

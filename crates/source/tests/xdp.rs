//! AF_XDP on virtual interfaces. Needs root and a kernel with AF_XDP; else says that it skips.
#![cfg(target_os = "linux")]

mod network;

use network::{drain, ip, receive_all, sender, with_network};
use source::{Error, Filter, Instruction, Mechanism, Opened, Spec, Status, Stop, XdpMode, open};
use wire::LinkType;
use wire::build::Frame;

fn xdp(mode: XdpMode) -> Spec {
    Spec { mechanism: Mechanism::AfXdp, xdp_mode: mode, ..Spec::new("in") }
}

fn try_open(spec: &Spec, stop: &Stop) -> Option<Opened> {
    match open(spec, stop) {
        Ok(opened) => Some(opened),
        Err(Error::Unavailable { why, .. }) => {
            eprintln!("skipped: AF_XDP does not work here: {why}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn frame(number: u16) -> Vec<u8> {
    let payload = vec![number as u8; usize::from(number % 1400)];
    let frame = Frame::payload(&payload).udp(number, 9).ipv4([10, 0, 0, 1], [10, 0, 0, 2]);
    match number % 3 {
        0 => frame.vlan(number % 4000),
        _ => frame,
    }
    .ethernet([2; 6], [4; 6])
    .bytes()
}

#[test]
fn every_packet_arrives_as_with_af_packet() {
    for mode in [XdpMode::Generic, XdpMode::Driver, XdpMode::Auto] {
        with_network(|| {
            let stop = Stop::new();
            let spec = xdp(mode);
            let Some(Opened { sources: mut by_xdp, notes }) = try_open(&spec, &stop) else { return };
            assert!(notes[0].contains("AF_XDP"), "{notes:?}");
            assert!(notes[0].contains("generic") == (mode == XdpMode::Generic), "{notes:?}");
            let sender = sender("out");
            let mut got = Vec::new();
            for start in (0..4000u16).step_by(500) {
                for number in start..start + 500 {
                    sender.send(&frame(number));
                }
                got.append(&mut receive_all(&mut by_xdp, 500)[0]);
            }
            assert_eq!(got.len(), 4000, "{mode:?}: {:?}", by_xdp[0].statistics());
            for (number, got) in (0..4000u16).zip(&got) {
                assert_eq!(*got, frame(number), "{mode:?} {number}");
            }
            let statistics = by_xdp[0].statistics();
            assert_eq!((statistics.packets, statistics.kernel_dropped, statistics.malformed), (4000, 0, 0));
            stop.set();
            drain(&mut *by_xdp[0], &mut |_| ());
            // The program is off: packets go their usual way again.
            let mut usual =
                open(&Spec { mechanism: Mechanism::AfPacket, ..Spec::new("in") }, &Stop::new()).unwrap();
            for number in 0..500 {
                sender.send(&frame(number));
            }
            let by_packet = receive_all(&mut usual.sources, 500);
            assert_eq!(by_packet[0][..], got[..500]);
        });
    }
}

#[test]
fn the_filter_runs_in_the_program_and_the_rest_goes_its_way() {
    with_network(|| {
        // udp source port (untagged IPv4 without options) below 100, by an indexed load: ldxb 4*([14]&0xf); ldh [x+14]; jge #100; ret
        let program =
            [(0xb1, 0, 0, 14), (0x48, 0, 0, 14), (0x35, 1, 0, 100), (6, 0, 0, 262_144), (6, 0, 0, 0)]
                .map(|(code, jt, jf, k)| Instruction { code, jt, jf, k });
        let test = |link: LinkType, frame: &[u8], _: u32| {
            link == LinkType::ETHERNET
                && frame.get(34..36).is_some_and(|port| u16::from_be_bytes([port[0], port[1]]) < 100)
        };
        let filter = Filter::new("low ports", Some(program.to_vec()), test);
        let stop = Stop::new();
        let spec = Spec { filter: Some(filter), ..xdp(XdpMode::Generic) };
        let Some(Opened { mut sources, notes }) = try_open(&spec, &stop) else { return };
        assert!(notes.iter().all(|note| !note.contains("in this process, not")), "{notes:?}");
        let mut rest =
            open(&Spec { mechanism: Mechanism::AfPacket, ..Spec::new("in") }, &Stop::new()).unwrap();
        let sender = sender("out");
        for number in 0..400 {
            sender.send(&frame(number));
        }
        let got = receive_all(&mut sources, 100);
        let passed = receive_all(&mut rest.sources, 300);
        // tagged frames too: the filter does not see the outermost tag
        assert_eq!(got[0], (0..100).map(frame).collect::<Vec<_>>());
        assert_eq!(passed[0], (100..400).map(frame).collect::<Vec<_>>());
    });
}

#[test]
fn losses_are_counted_and_a_removed_interface_is_waited_for() {
    with_network(|| {
        let stop = Stop::new();
        let spec = Spec { ring_bytes: Some(64 * 4096), ..xdp(XdpMode::Generic) };
        let Some(Opened { mut sources, .. }) = try_open(&spec, &stop) else { return };
        let out = sender("out");
        for number in 0..3000 {
            out.send(&frame(number));
        }
        let got = receive_all(&mut sources, 3000)[0].len() as u64;
        let statistics = sources[0].statistics();
        assert!(statistics.kernel_dropped > 0, "64 frames do not hold 3000 packets");
        assert_eq!(got + statistics.kernel_dropped, 3000, "{statistics:?}");
        drop(out);
        assert!(ip("link del in"));
        while sources[0].statistics().reopened == 0 {
            assert_ne!(sources[0].batch(10, &mut |_| ()).unwrap(), Status::End);
            if sources[0].take_notes().iter().any(|note| note.contains("removed")) {
                assert!(network::pair());
            }
        }
        let out = sender("out");
        out.send(&frame(1));
        assert_eq!(receive_all(&mut sources, 1)[0], [frame(1)]);
    });
}

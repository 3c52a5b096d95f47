//! Which worker gets a packet: a hash of its outer flow that is the same for both directions.
//!
//! The kernel's own hash (`PACKET_FANOUT_HASH`) takes the hash of the network card where there is one, which is not symmetric, and looks
//! into tunnels as far as it pleases. Ours:
//! - skips up to four VLAN tags, MPLS labels and a PPPoE header, whatever their values: they differ by direction;
//! - takes both addresses, and both ports of TCP, SCTP and UDP, through sums and exclusive-ors, so that their order does not matter;
//! - leaves the ports out of all fragments, which carry none but in the first: all fragments of a datagram meet. (The other datagrams of
//!   that flow may be at another worker; hashing all UDP by addresses alone would mend that and put most mirrors onto one core.)
//! - leaves the ports out of UDP tunnels, whose source port is made up per inner flow and so differs by direction: by outer addresses both
//!   directions of every inner flow meet. GRE, IP-in-IP and ESP have no ports. Traffic between two tunnel ends is thus one worker's.
//! - takes the addresses of the inner frames of Ethernet over MPLS; everything else that is not IP goes to the first worker.
//!
//! Offsets count from the IP header: for packets that come in, the kernel has taken the Ethernet header off when this runs; for those that
//! go out, not yet.

use super::assembler::{Assembler, Label};
use crate::Instruction;

/// UDP ports of tunnels with a source port of their own making: GTP-U, GUE, LISP, GRE and MPLS in UDP, VXLAN (official, GPE, Linux), GENEVE.
const TUNNEL_PORTS: [u16; 9] = [2152, 4341, 4754, 4789, 4790, 6080, 6081, 6635, 8472];

/// VLAN tags skipped, MPLS labels skipped.
const TAGS: usize = 4;
const LABELS: usize = 8;

// Loads into A: absolute, at X, of a cell; into X.
const LD_IMM: u16 = 0x00;
const LD_ABS: u16 = 0x20;
const LDH_ABS: u16 = 0x28;
const LD: u16 = 0x40;
const LDH: u16 = 0x48;
const LDB: u16 = 0x50;
const LD_M: u16 = 0x60;
const LDX_IMM: u16 = 0x01;
const LDX_M: u16 = 0x61;
const ST: u16 = 0x02;
const STX: u16 = 0x03;
const TAX: u16 = 0x07;
const TXA: u16 = 0x87;
const ADD: u16 = 0x04;
const ADD_X: u16 = 0x0c;
const MUL: u16 = 0x24;
const AND: u16 = 0x54;
const LSH: u16 = 0x64;
const RSH: u16 = 0x74;
const XOR_X: u16 = 0xac;
const JEQ: u16 = 0x15;
const JSET: u16 = 0x45;
const RET: u16 = 0x06;
const RET_A: u16 = 0x16;

/// Linux: loads that give what the kernel knows of the packet instead of its bytes.
const PROTOCOL: u32 = -0x1000_i32 as u32;
const PACKET_TYPE: u32 = (-0x1000_i32 + 4) as u32;
const HARDWARE: u32 = (-0x1000_i32 + 28) as u32;
const OUTGOING: u32 = 4;

// Cells: where the IP header starts, the pair that is mixed, the hash.
const IP: u32 = 0;
const ONE: u32 = 1;
const OTHER: u32 = 2;
const HASH: u32 = 3;
const KEEP: u32 = 4;

// Odd numbers without a pattern (of xxHash and MurmurHash).
const C1: u32 = 0x9e37_79b1;
const C2: u32 = 0x85eb_ca77;
const C3: u32 = 0xc2b2_ae3d;

/// X += n, A stays.
fn forward(a: &mut Assembler, n: u32) {
    a.op(ST, KEEP);
    a.op(TXA, 0);
    a.op(ADD, n);
    a.op(TAX, 0);
    a.op(LD_M, KEEP);
}

/// HASH = (HASH ^ (one ^ other) * C1 ^ (one + other) * C2) * C3, and X = IP. The order of the two does not matter.
fn mix(a: &mut Assembler) {
    a.op(LDX_M, ONE);
    a.op(LD_M, OTHER);
    a.op(XOR_X, 0);
    a.op(MUL, C1);
    a.op(LDX_M, HASH);
    a.op(XOR_X, 0);
    a.op(ST, HASH);
    a.op(LDX_M, ONE);
    a.op(LD_M, OTHER);
    a.op(ADD_X, 0);
    a.op(MUL, C2);
    a.op(LDX_M, HASH);
    a.op(XOR_X, 0);
    a.op(MUL, C3);
    a.op(ST, HASH);
    a.op(LDX_M, IP);
}

/// The program; its result modulo the number of workers is the worker. A load behind the end of a packet ends it with 0.
pub(super) fn flow_hash() -> Vec<Instruction> {
    let a = &mut Assembler::default();
    let [dispatch, ip4, ip6, mpls, pppoe, none, finish] = std::array::from_fn(|_| a.label());
    a.op(LD_IMM, 0);
    a.op(ST, HASH);
    a.op(LD_ABS, PACKET_TYPE);
    let outgoing = a.label();
    a.jump_if(JEQ, OUTGOING, outgoing);
    a.op(LDX_IMM, 0);
    a.op(LD_ABS, PROTOCOL);
    a.jump(dispatch);
    a.here(outgoing);
    let ethernet = a.label();
    a.op(LD_ABS, HARDWARE);
    // ARPHRD_ETHER and ARPHRD_LOOPBACK have an Ethernet header, other interfaces are taken by the protocol.
    a.jump_if(JEQ, 1, ethernet);
    a.jump_if(JEQ, 772, ethernet);
    a.op(LDX_IMM, 0);
    a.op(LD_ABS, PROTOCOL);
    a.jump(dispatch);
    a.here(ethernet);
    a.op(LDX_IMM, 14);
    a.op(LDH_ABS, 12);

    // A: EtherType; X: what follows it.
    a.here(dispatch);
    for _ in 0..TAGS {
        let (tag, done) = (a.label(), a.label());
        for ethertype in [0x8100, 0x88a8, 0x9100] {
            a.jump_if(JEQ, ethertype, tag);
        }
        a.jump(done);
        a.here(tag);
        a.op(LDH, 2);
        forward(a, 4);
        a.here(done);
    }
    for (ethertype, to) in [(0x0800, ip4), (0x86dd, ip6), (0x8847, mpls), (0x8848, mpls), (0x8864, pppoe)] {
        a.jump_if(JEQ, ethertype, to);
    }
    a.jump(none);

    a.here(pppoe);
    a.op(LDH, 6);
    forward(a, 8);
    a.jump_if(JEQ, 0x0021, ip4);
    a.jump_if(JEQ, 0x0057, ip6);
    a.jump_if(JEQ, 0x0281, mpls);
    a.jump(none);

    a.here(mpls);
    let bottom = a.label();
    for _ in 0..LABELS {
        a.op(LDB, 2);
        forward(a, 4);
        a.jump_if(JSET, 1, bottom);
    }
    a.jump(none);
    a.here(bottom);
    a.op(LDB, 0);
    a.op(AND, 0xf0);
    a.jump_if(JEQ, 0x40, ip4);
    a.jump_if(JEQ, 0x60, ip6);
    let wire = a.label();
    a.jump_if(JEQ, 0, wire);
    a.jump(none);
    // Ethernet behind the control word of a pseudowire: both addresses, in three steps of two bytes.
    a.here(wire);
    a.op(STX, IP);
    for at in [4, 6, 8] {
        a.op(LDH, at);
        a.op(ST, ONE);
        a.op(LDH, at + 6);
        a.op(ST, OTHER);
        mix(a);
    }
    a.jump(finish);

    a.here(ip4);
    a.op(STX, IP);
    a.op(LD, 12);
    a.op(ST, ONE);
    a.op(LD, 16);
    a.op(ST, OTHER);
    mix(a);
    a.op(LDH, 6);
    a.jump_if(JSET, 0x3fff, finish);
    a.op(LDB, 0);
    a.op(AND, 0xf);
    a.op(LSH, 2);
    a.op(ADD_X, 0);
    a.op(ST, ONE);
    a.op(LDB, 9);
    a.op(LDX_M, ONE);
    let transport = a.label();
    a.jump(transport);

    a.here(ip6);
    a.op(STX, IP);
    for word in 0..4 {
        a.op(LD, 8 + 4 * word);
        a.op(ST, ONE);
        a.op(LD, 24 + 4 * word);
        a.op(ST, OTHER);
        mix(a);
    }
    // Behind extension headers, that of fragments among them, ports are not looked for.
    a.op(LDB, 6);
    forward(a, 40);

    // A: protocol; X: transport header.
    a.here(transport);
    ports(a, finish);
    a.here(none);
    a.op(RET, 0);
    a.here(finish);
    a.op(LD_M, HASH);
    a.op(RSH, 15);
    a.op(TAX, 0);
    a.op(LD_M, HASH);
    a.op(XOR_X, 0);
    a.op(MUL, C2);
    a.op(ST, HASH);
    a.op(RSH, 13);
    a.op(TAX, 0);
    a.op(LD_M, HASH);
    a.op(XOR_X, 0);
    a.op(RET_A, 0);
    std::mem::take(a).finish()
}

fn ports(a: &mut Assembler, finish: Label) {
    let (plain, udp) = (a.label(), a.label());
    a.jump_if(JEQ, 17, udp);
    a.jump_if(JEQ, 6, plain);
    a.jump_if(JEQ, 132, plain);
    a.jump(finish);
    a.here(udp);
    for offset in [0, 2] {
        a.op(LDH, offset);
        for port in TUNNEL_PORTS {
            a.jump_if(JEQ, port.into(), finish);
        }
    }
    a.here(plain);
    a.op(LDH, 0);
    a.op(ST, ONE);
    a.op(LDH, 2);
    a.op(ST, OTHER);
    mix(a);
    a.jump(finish);
}

//! Our XDP program: what the filter wants goes to the socket of its queue, the rest to the machine's own stack.

use std::os::fd::{AsRawFd, OwnedFd};

use super::bpf::{Label, Op, Program};
use crate::Instruction;

// Registers: A and X of the classic machine, scratch, the context, start and end of the packet, and the start behind the outermost tag.
const A: u8 = 0;
const X: u8 = 1;
const T: u8 = 2;
const U: u8 = 3;
const V: u8 = 4;
const CONTEXT: u8 = 6;
const START: u8 = 7;
const END: u8 = 8;
const UNTAGGED: u8 = 9;
const STACK: u8 = 10;

const MOV64: u8 = 0xbf;
const MOV64_K: u8 = 0xb7;
const MOV32: u8 = 0xbc;
const MOV32_K: u8 = 0xb4;
const ADD64: u8 = 0x0f;
const ADD64_K: u8 = 0x07;
const SUB64: u8 = 0x1f;
const AND32_K: u8 = 0x54;
const LSH32_K: u8 = 0x64;
const LOAD_W: u8 = 0x61;
const LOAD_H: u8 = 0x69;
const LOAD_B: u8 = 0x71;
const STORE_W: u8 = 0x63;
const STORE_W_K: u8 = 0x62;
const TO_BE: u8 = 0xdc;
const JUMP: u8 = 0x05;
const JUMP_GT: u8 = 0x2d;
const JUMP_GT_K: u8 = 0x25;
const JUMP_EQ_K: u8 = 0x15;
const CALL: u8 = 0x85;
const EXIT: u8 = 0x95;
const LOAD_64: u8 = 0x18;
const PSEUDO_MAP_FD: u8 = 1;
const REDIRECT_MAP: i32 = 51;
const XDP_PASS: i32 = 2;
/// Offsets into a packet that the kernel's verifier follows.
const FAR: u32 = 0x3fff;

/// The program. `None` where the filter is one that cannot be translated.
pub(super) fn redirect(map: &OwnedFd, filter: Option<&[Instruction]>) -> Option<Vec<Op>> {
    let p = &mut Program::default();
    let (accept, pass) = (p.label(), p.label());
    p.op(MOV64, CONTEXT, X, 0, 0);
    if let Some(filter) = filter {
        p.op(LOAD_W, START, CONTEXT, 0, 0);
        p.op(LOAD_W, END, CONTEXT, 4, 0);
        translate(p, filter, accept, pass)?;
    }
    p.here(accept);
    // rx_queue_index
    p.op(LOAD_W, 2, CONTEXT, 16, 0);
    p.op(LOAD_64, 1, PSEUDO_MAP_FD, 0, map.as_raw_fd());
    p.op(0, 0, 0, 0, 0);
    // what happens where the queue has no socket
    p.op(MOV64_K, 3, 0, 0, XDP_PASS);
    p.op(CALL, 0, 0, 0, REDIRECT_MAP);
    p.op(EXIT, 0, 0, 0, 0);
    // The verifier takes no instruction that nothing leads to.
    if filter.is_some() {
        p.here(pass);
        p.op(MOV64_K, 0, 0, 0, XDP_PASS);
        p.op(EXIT, 0, 0, 0, 0);
    }
    std::mem::take(p).finish()
}

fn cell(k: u32) -> Option<i16> {
    (k < 16).then(|| -4 * (k as i16 + 1))
}

/// Loads `size` bytes at a fixed place into `to`. The first twelve bytes are the addresses, everything else lies behind the outermost tag.
fn load(p: &mut Program, to: u8, k: u32, size: u32, pass: Label) {
    if k > FAR {
        p.jump(JUMP, 0, 0, 0, pass);
        return;
    }
    p.op(MOV64, T, if k < 12 { START } else { UNTAGGED }, 0, 0);
    p.op(ADD64_K, T, 0, 0, (k + size) as i32);
    p.jump(JUMP_GT, T, END, 0, pass);
    fetch(p, to, T, -(size as i16), size);
}

fn fetch(p: &mut Program, to: u8, from: u8, offset: i16, size: u32) {
    let code = match size {
        1 => LOAD_B,
        2 => LOAD_H,
        _ => LOAD_W,
    };
    p.op(code, to, from, offset, 0);
    if size > 1 {
        p.op(TO_BE, to, 0, 0, size as i32 * 8);
    }
}

/// Classic BPF to eBPF. A load behind the end refuses the packet, as in the classic machine; jumps only go forward, so it ends.
fn translate(p: &mut Program, filter: &[Instruction], accept: Label, pass: Label) -> Option<()> {
    // The tag that the other mechanisms hide.
    let (tagged, ready) = (p.label(), p.label());
    p.op(MOV64, UNTAGGED, START, 0, 0);
    p.op(MOV64, T, START, 0, 0);
    p.op(ADD64_K, T, 0, 0, 18);
    p.jump(JUMP_GT, T, END, 0, ready);
    p.op(LOAD_H, T, START, 12, 0);
    p.op(TO_BE, T, 0, 0, 16);
    p.jump(JUMP_EQ_K, T, 0, 0x8100, tagged);
    p.jump(JUMP_EQ_K, T, 0, 0x88a8, tagged);
    p.jump(JUMP, 0, 0, 0, ready);
    p.here(tagged);
    p.op(ADD64_K, UNTAGGED, 0, 0, 4);
    p.here(ready);
    p.op(MOV32_K, A, 0, 0, 0);
    p.op(MOV32_K, X, 0, 0, 0);
    for k in 0..16 {
        p.op(STORE_W_K, STACK, 0, cell(k)?, 0);
    }
    let places: Vec<Label> = filter.iter().map(|_| p.label()).collect();
    for (at, i) in filter.iter().enumerate() {
        p.here(*places.get(at)?);
        let to = |distance: u32| places.get(at.checked_add(1)?.checked_add(distance as usize)?).copied();
        match i.code {
            0x20 => load(p, A, i.k, 4, pass),
            0x28 => load(p, A, i.k, 2, pass),
            0x30 => load(p, A, i.k, 1, pass),
            0x40 | 0x48 | 0x50 => {
                let size = [4, 2, 1].get(usize::from(i.code - 0x40) / 8).copied()?;
                if i.k > FAR {
                    return None;
                }
                p.op(MOV32, T, X, 0, 0);
                p.jump(JUMP_GT_K, T, 0, FAR as i32, pass);
                p.op(MOV64, U, UNTAGGED, 0, 0);
                p.op(ADD64, U, T, 0, 0);
                p.op(MOV64, V, U, 0, 0);
                p.op(ADD64_K, V, 0, 0, (i.k + size) as i32);
                p.jump(JUMP_GT, V, END, 0, pass);
                fetch(p, A, U, i.k as i16, size);
            }
            0x80 | 0x81 => {
                let register = if i.code == 0x80 { A } else { X };
                p.op(MOV64, T, UNTAGGED, 0, 0);
                p.op(MOV64, U, END, 0, 0);
                p.op(SUB64, U, T, 0, 0);
                p.op(MOV32, register, U, 0, 0);
            }
            0xb1 => {
                load(p, X, i.k, 1, pass);
                p.op(AND32_K, X, 0, 0, 0xf);
                p.op(LSH32_K, X, 0, 0, 2);
            }
            0x00 => p.op(MOV32_K, A, 0, 0, i.k as i32),
            0x01 => p.op(MOV32_K, X, 0, 0, i.k as i32),
            0x60 => p.op(LOAD_W, A, STACK, cell(i.k)?, 0),
            0x61 => p.op(LOAD_W, X, STACK, cell(i.k)?, 0),
            0x02 => p.op(STORE_W, STACK, A, cell(i.k)?, 0),
            0x03 => p.op(STORE_W, STACK, X, cell(i.k)?, 0),
            0x07 => p.op(MOV32, X, A, 0, 0),
            0x87 => p.op(MOV32, A, X, 0, 0),
            // Arithmetic has the same numbers in both machines: with a constant, with X, and the change of sign.
            0x84 => p.op(0x84, A, 0, 0, 0),
            0x04 | 0x14 | 0x24 | 0x34 | 0x44 | 0x54 | 0x64 | 0x74 | 0x94 | 0xa4 => {
                p.op(i.code as u8, A, 0, 0, i.k as i32);
            }
            0x0c | 0x1c | 0x2c | 0x3c | 0x4c | 0x5c | 0x6c | 0x7c | 0x9c | 0xac => {
                if matches!(i.code, 0x3c | 0x9c) {
                    p.jump(JUMP_EQ_K, X, 0, 0, pass);
                }
                p.op(i.code as u8, A, X, 0, 0);
            }
            0x05 => p.jump(JUMP, 0, 0, 0, to(i.k)?),
            // Comparisons, on 32 bits: class 6 instead of 5.
            0x15 | 0x25 | 0x35 | 0x45 => {
                p.jump(i.code as u8 + 1, A, 0, i.k as i32, to(i.jt.into())?);
                p.jump(JUMP, 0, 0, 0, to(i.jf.into())?);
            }
            0x1d | 0x2d | 0x3d | 0x4d => {
                p.jump(i.code as u8 + 1, A, X, 0, to(i.jt.into())?);
                p.jump(JUMP, 0, 0, 0, to(i.jf.into())?);
            }
            0x06 => p.jump(JUMP, 0, 0, 0, if i.k == 0 { pass } else { accept }),
            0x16 => {
                p.jump(JUMP_EQ_K, A, 0, 0, pass);
                p.jump(JUMP, 0, 0, 0, accept);
            }
            _ => return None,
        }
    }
    Some(())
}

//! Conditions to a classic BPF program, for Ethernet frames.

use super::cond::{Arith, Cmp, Cond, From, Level, LevelKind, Value, mpls_version, ppp_protocol};
use super::lower::before;

/// One instruction, in the layout of the kernel's `sock_filter`: code, jump if true, jump if false, constant.
pub type Instruction = (u16, u8, u8, u32);

/// The longest program that Linux takes (BPF_MAXINSNS).
const MAX_PROGRAM: usize = 4_096;
/// Scratch registers of the machine.
const SCRATCH: u32 = 16;
/// Bytes that a passing packet keeps: all of them.
const KEEP: u32 = 0x0004_0000;

/// The filter does not fit into a classic BPF program: it can be used on files, not in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the packet filter needs more than {MAX_PROGRAM} instructions; make it shorter")
    }
}
impl std::error::Error for TooLarge {}

const LD_W_ABS: u16 = 0x20;
const LD_W_IND: u16 = 0x40;
const LD_LEN: u16 = 0x80;
const LD_IMM: u16 = 0x00;
const LD_MEM: u16 = 0x60;
const LDX_MEM: u16 = 0x61;
const LDX_MSH: u16 = 0xb1;
const ST: u16 = 0x02;
const TAX: u16 = 0x07;
const NEG: u16 = 0x84;
const ALU_K: u16 = 0x04;
const ALU_X: u16 = 0x0c;
const JA: u16 = 0x05;
const JEQ: u16 = 0x10;
const JGT: u16 = 0x20;
const JGE: u16 = 0x30;
const JMP_K: u16 = 0x05;
const JMP_X: u16 = 0x0d;
const RET_K: u16 = 0x06;

fn sized(code: u16, size: u8) -> u16 {
    code | match size {
        1 => 0x10,
        2 => 0x08,
        _ => 0,
    }
}

fn alu(op: Arith) -> u16 {
    match op {
        Arith::Add => 0x00,
        Arith::Sub => 0x10,
        Arith::Mul => 0x20,
        Arith::Div => 0x30,
        Arith::Or => 0x40,
        Arith::And => 0x50,
        Arith::Shl => 0x60,
        Arith::Shr => 0x70,
        Arith::Mod => 0x90,
        Arith::Xor => 0xa0,
    }
}

/// A place in the program, known once it is laid out.
type Label = usize;

enum Line {
    Plain(u16, u32),
    Jump { code: u16, k: u32, yes: Label, no: Label },
    Place(Label),
}

struct Builder {
    lines: Vec<Line>,
    labels: usize,
}

/// The program of a condition.
pub fn program(cond: &Cond) -> Result<Vec<Instruction>, TooLarge> {
    let mut builder = Builder { lines: Vec::new(), labels: 0 };
    let (yes, no) = (builder.label(), builder.label());
    builder.cond(cond, yes, no)?;
    builder.lines.push(Line::Place(yes));
    builder.lines.push(Line::Plain(RET_K, KEEP));
    builder.lines.push(Line::Place(no));
    builder.lines.push(Line::Plain(RET_K, 0));
    builder.laid_out()
}

impl Builder {
    fn label(&mut self) -> Label {
        self.labels += 1;
        self.labels - 1
    }

    fn cond(&mut self, cond: &Cond, yes: Label, no: Label) -> Result<(), TooLarge> {
        if self.lines.len() > MAX_PROGRAM * 2 {
            return Err(TooLarge);
        }
        match cond {
            Cond::Const(answer) => self.go(if *answer { yes } else { no }),
            Cond::Ethernet => self.go(yes),
            Cond::Not(inner) => self.cond(inner, no, yes)?,
            Cond::And(parts) => {
                for part in parts {
                    let next = self.label();
                    self.cond(part, next, no)?;
                    self.lines.push(Line::Place(next));
                }
                self.go(yes);
            }
            Cond::Or(parts) => {
                for part in parts {
                    let next = self.label();
                    self.cond(part, yes, next)?;
                    self.lines.push(Line::Place(next));
                }
                self.go(no);
            }
            Cond::Type(level, ethertype) => self.cond(&type_test(*level, *ethertype), yes, no)?,
            Cond::Test(left, cmp, right) => {
                let (code, negated) = match cmp {
                    Cmp::Eq => (JEQ, false),
                    Cmp::Ne => (JEQ, true),
                    Cmp::Gt => (JGT, false),
                    Cmp::Le => (JGT, true),
                    Cmp::Ge => (JGE, false),
                    Cmp::Lt => (JGE, true),
                };
                let (yes, no) = if negated { (no, yes) } else { (yes, no) };
                if let Value::Const(k) = right {
                    self.value(left, 0)?;
                    self.lines.push(Line::Jump { code: code | JMP_K, k: *k, yes, no });
                } else {
                    self.value(right, 0)?;
                    self.lines.push(Line::Plain(ST, 0));
                    self.value(left, 1)?;
                    self.lines.push(Line::Plain(LDX_MEM, 0));
                    self.lines.push(Line::Jump { code: code | JMP_X, k: 0, yes, no });
                }
            }
        }
        Ok(())
    }

    fn go(&mut self, to: Label) {
        self.lines.push(Line::Jump { code: JA, k: 0, yes: to, no: to });
    }

    /// Leaves a value in the accumulator; scratch registers below `scratch` are taken.
    fn value(&mut self, value: &Value, scratch: u32) -> Result<(), TooLarge> {
        if scratch >= SCRATCH {
            return Err(TooLarge);
        }
        match value {
            Value::Const(k) => self.lines.push(Line::Plain(LD_IMM, *k)),
            Value::Len => self.lines.push(Line::Plain(LD_LEN, 0)),
            Value::Neg(inner) => {
                self.value(inner, scratch)?;
                self.lines.push(Line::Plain(NEG, 0));
            }
            Value::Op(op, left, right) => {
                if let Value::Const(k) = **right {
                    self.value(left, scratch)?;
                    self.lines.push(Line::Plain(alu(*op) | ALU_K, k));
                } else {
                    self.value(right, scratch)?;
                    self.lines.push(Line::Plain(ST, scratch));
                    self.value(left, scratch + 1)?;
                    self.lines.push(Line::Plain(LDX_MEM, scratch));
                    self.lines.push(Line::Plain(alu(*op) | ALU_X, 0));
                }
            }
            Value::Load { from, at, size } => self.load(*from, at, *size, scratch)?,
        }
        Ok(())
    }

    fn load(&mut self, from: From, at: &Value, size: u8, scratch: u32) -> Result<(), TooLarge> {
        let place = |level: Level, start: usize| u32::try_from(start + level.net_shift).map_err(|_| TooLarge);
        let (base, behind_ip) = match from {
            From::Link => (0, false),
            From::Type(level) => (u32::try_from(12 + level.type_shift).map_err(|_| TooLarge)?, false),
            From::Net(level) => (place(level, 14)?, false),
            From::Transport(level) => (place(level, 14)?, true),
        };
        match (at, behind_ip) {
            (Value::Const(at), false) => {
                self.lines.push(Line::Plain(sized(LD_W_ABS, size), base.checked_add(*at).ok_or(TooLarge)?));
            }
            (Value::Const(at), true) => {
                self.lines.push(Line::Plain(LDX_MSH, base));
                self.lines.push(Line::Plain(sized(LD_W_IND, size), base.checked_add(*at).ok_or(TooLarge)?));
            }
            (at, false) => {
                self.value(at, scratch)?;
                self.lines.push(Line::Plain(TAX, 0));
                self.lines.push(Line::Plain(sized(LD_W_IND, size), base));
            }
            (at, true) => {
                self.value(at, scratch)?;
                self.lines.push(Line::Plain(ST, scratch));
                self.lines.push(Line::Plain(LDX_MSH, base));
                self.lines.push(Line::Plain(LD_MEM, scratch));
                self.lines.push(Line::Plain(ALU_X, 0));
                self.lines.push(Line::Plain(TAX, 0));
                self.lines.push(Line::Plain(sized(LD_W_IND, size), base));
            }
        }
        Ok(())
    }

    /// Places of labels and instructions. A conditional jump that is too far for its eight bits takes two more
    /// instructions, which may make others too far: until nothing changes.
    fn laid_out(self) -> Result<Vec<Instruction>, TooLarge> {
        let mut long = vec![false; self.lines.len()];
        loop {
            let (mut at, mut starts, mut labels) = (0usize, Vec::new(), vec![0usize; self.labels]);
            for (line, long) in self.lines.iter().zip(&long) {
                starts.push(at);
                match line {
                    Line::Place(label) => {
                        if let Some(place) = labels.get_mut(*label) {
                            *place = at;
                        }
                    }
                    Line::Plain(..) | Line::Jump { code: JA, .. } => at += 1,
                    Line::Jump { .. } => at += if *long { 3 } else { 1 },
                }
            }
            if at > MAX_PROGRAM {
                return Err(TooLarge);
            }
            let far =
                |label: Label, from: usize| labels.get(label).map_or(0, |to| to.saturating_sub(from + 1));
            let mut changed = false;
            for ((line, long), start) in self.lines.iter().zip(&mut long).zip(&starts) {
                if let Line::Jump { code, yes, no, .. } = line
                    && *code != JA
                    && !*long
                    && far(*yes, *start).max(far(*no, *start)) > 255
                {
                    *long = true;
                    changed = true;
                }
            }
            if changed {
                continue;
            }
            let mut out = Vec::with_capacity(at);
            for ((line, long), start) in self.lines.iter().zip(&long).zip(&starts) {
                match line {
                    Line::Place(_) => {}
                    Line::Plain(code, k) => out.push((*code, 0, 0, *k)),
                    Line::Jump { code: JA, yes, .. } => out.push((JA, 0, 0, far(*yes, *start) as u32)),
                    Line::Jump { code, k, yes, no } if *long => {
                        out.push((*code, 0, 1, *k));
                        out.push((JA, 0, 0, far(*yes, start + 1) as u32));
                        out.push((JA, 0, 0, far(*no, start + 2) as u32));
                    }
                    Line::Jump { code, k, yes, no } => {
                        out.push((*code, far(*yes, *start) as u8, far(*no, *start) as u8, *k));
                    }
                }
            }
            return Ok(out);
        }
    }
}

/// The test of a type in an Ethernet frame.
fn type_test(level: Level, ethertype: u16) -> Cond {
    let is = |value, wanted| Cond::Test(value, Cmp::Eq, Value::Const(wanted));
    let load = |from, at, size| Value::Load { from, at: Box::new(Value::Const(at)), size };
    let with = |op, value, k| Value::Op(op, Box::new(value), Box::new(Value::Const(k)));
    match level.kind {
        LevelKind::Type => is(load(From::Type(level), 0, 2), u32::from(ethertype)),
        LevelKind::Mpls => match mpls_version(ethertype) {
            None => Cond::Const(false),
            Some(version) => Cond::And(vec![
                is(with(Arith::And, before(level, 2), 1), 1),
                is(with(Arith::Shr, load(From::Net(level), 0, 1), 4), version),
            ]),
        },
        LevelKind::Ppp => match ppp_protocol(ethertype) {
            None => Cond::Const(false),
            Some(protocol) => {
                let earlier = Level { net_shift: level.net_shift.saturating_sub(2), ..level };
                is(load(From::Net(earlier), 0, 2), protocol)
            }
        },
    }
}

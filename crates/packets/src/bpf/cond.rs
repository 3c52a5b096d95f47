//! Conditions over one frame.

use super::view::{TypeAt, View};

/// How deep in link headers a condition looks: `vlan`, `mpls` and `pppoes` of the text before it move it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Bytes that the place of the type has moved.
    pub type_shift: usize,
    /// Bytes that the network header has moved.
    pub net_shift: usize,
    /// What tells the type of the network header.
    pub kind: LevelKind,
}

/// What tells the type of the network header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LevelKind {
    /// An EtherType.
    #[default]
    Type,
    /// Nothing but the packet itself, behind the last MPLS label.
    Mpls,
    /// A PPP protocol number, behind a PPPoE header.
    Ppp,
}

/// A number out of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A constant.
    Const(u32),
    /// Length on the wire.
    Len,
    /// Bytes of the frame, big-endian.
    Load { from: From, at: Box<Value>, size: u8 },
    /// Two's complement.
    Neg(Box<Value>),
    /// Arithmetic on 32 bits.
    Op(Arith, Box<Value>, Box<Value>),
}

/// What a load counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The first byte of the frame.
    Link,
    /// The type of the network header; meaningful where that is in the frame.
    Type(Level),
    /// The network header.
    Net(Level),
    /// The header behind an IPv4 header.
    Transport(Level),
}

/// Arithmetic on 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    And,
    Or,
    Xor,
    Shl,
    Shr,
}

/// A comparison, unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cmp {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Cond {
    Const(bool),
    Not(Box<Cond>),
    And(Vec<Cond>),
    Or(Vec<Cond>),
    /// The network header is of this EtherType.
    Type(Level, u16),
    /// The frame starts with an Ethernet header.
    Ethernet,
    Test(Value, Cmp, Value),
}

impl Cond {
    pub fn negated(self) -> Self {
        match self {
            Cond::Not(inner) => *inner,
            Cond::Const(answer) => Cond::Const(!answer),
            other => Cond::Not(Box::new(other)),
        }
    }

    /// `None` when a load lay behind the captured bytes: then the packet does not pass, whatever else is asked.
    pub fn test(&self, view: &View<'_>) -> Option<bool> {
        Some(match self {
            Cond::Const(answer) => *answer,
            Cond::Not(inner) => !inner.test(view)?,
            Cond::And(parts) => {
                for part in parts {
                    if !part.test(view)? {
                        return Some(false);
                    }
                }
                true
            }
            Cond::Or(parts) => {
                for part in parts {
                    if part.test(view)? {
                        return Some(true);
                    }
                }
                false
            }
            Cond::Ethernet => view.ethernet,
            Cond::Type(level, ethertype) => level.is_type(view, *ethertype)?,
            Cond::Test(left, cmp, right) => {
                let (left, right) = (left.get(view)?, right.get(view)?);
                match cmp {
                    Cmp::Eq => left == right,
                    Cmp::Ne => left != right,
                    Cmp::Gt => left > right,
                    Cmp::Ge => left >= right,
                    Cmp::Lt => left < right,
                    Cmp::Le => left <= right,
                }
            }
        })
    }
}

impl Level {
    fn is_type(self, view: &View<'_>, ethertype: u16) -> Option<bool> {
        let net = view.net + self.net_shift;
        Some(match (self.kind, view.type_at) {
            (LevelKind::Type, TypeAt::Offset(at)) => {
                view.load(at + self.type_shift, 2)? == u32::from(ethertype)
            }
            (LevelKind::Type, TypeAt::Known(known)) => self.type_shift == 0 && known == Some(ethertype),
            (LevelKind::Mpls, _) => {
                let Some(version) = mpls_version(ethertype) else { return Some(false) };
                let bottom = net.checked_sub(2).and_then(|at| view.load(at, 1))? & 1 == 1;
                bottom && view.load(net, 1)? >> 4 == version
            }
            (LevelKind::Ppp, _) => {
                let Some(protocol) = ppp_protocol(ethertype) else { return Some(false) };
                net.checked_sub(2).and_then(|at| view.load(at, 2))? == protocol
            }
        })
    }
}

/// The version nibble of IP behind an MPLS label.
pub fn mpls_version(ethertype: u16) -> Option<u32> {
    match ethertype {
        0x0800 => Some(4),
        0x86dd => Some(6),
        _ => None,
    }
}

/// The PPP protocol number of an EtherType.
pub fn ppp_protocol(ethertype: u16) -> Option<u32> {
    match ethertype {
        0x0800 => Some(0x0021),
        0x86dd => Some(0x0057),
        _ => None,
    }
}

impl Value {
    fn get(&self, view: &View<'_>) -> Option<u32> {
        Some(match self {
            Value::Const(value) => *value,
            Value::Len => view.original,
            Value::Neg(inner) => inner.get(view)?.wrapping_neg(),
            Value::Op(op, left, right) => op.apply(left.get(view)?, right.get(view)?)?,
            Value::Load { from, at, size } => {
                let at = usize::try_from(at.get(view)?).ok()?;
                view.load(from.place(view)?.checked_add(at)?, *size)?
            }
        })
    }
}

impl From {
    fn place(self, view: &View<'_>) -> Option<usize> {
        match self {
            From::Link => Some(0),
            From::Type(level) => match view.type_at {
                TypeAt::Offset(at) => Some(at + level.type_shift),
                TypeAt::Known(_) => None,
            },
            From::Net(level) => Some(view.net + level.net_shift),
            From::Transport(level) => {
                let net = view.net + level.net_shift;
                let words = usize::try_from(view.load(net, 1)? & 0xf).ok()?;
                Some(net + 4 * words)
            }
        }
    }
}

impl Arith {
    /// `None` for a division by zero, which ends a BPF program with a refusal.
    pub fn apply(self, left: u32, right: u32) -> Option<u32> {
        Some(match self {
            Arith::Add => left.wrapping_add(right),
            Arith::Sub => left.wrapping_sub(right),
            Arith::Mul => left.wrapping_mul(right),
            Arith::Div => left.checked_div(right)?,
            Arith::Mod => left.checked_rem(right)?,
            Arith::And => left & right,
            Arith::Or => left | right,
            Arith::Xor => left ^ right,
            Arith::Shl => left.checked_shl(right).unwrap_or(0),
            Arith::Shr => left.checked_shr(right).unwrap_or(0),
        })
    }
}

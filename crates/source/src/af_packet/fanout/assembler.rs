//! Writes classic BPF with names for places instead of distances.

use std::collections::BTreeMap;

use crate::Instruction;

/// A place in a program that jumps name before or after it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label(u32);

/// A program being written.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    code: Vec<Instruction>,
    labels: BTreeMap<Label, usize>,
    /// Unconditional jumps, whose distance is filled in last.
    jumps: Vec<(usize, Label)>,
    next: u32,
}

const JA: u16 = 0x05;

impl Assembler {
    pub(super) fn label(&mut self) -> Label {
        self.next += 1;
        Label(self.next)
    }

    /// The label means the next instruction. Jumps only go forward, so all that name it were written before.
    pub(super) fn here(&mut self, label: Label) {
        self.labels.insert(label, self.code.len());
    }

    pub(super) fn op(&mut self, code: u16, k: u32) {
        self.code.push(Instruction { code, jt: 0, jf: 0, k });
    }

    pub(super) fn jump(&mut self, to: Label) {
        self.jumps.push((self.code.len(), to));
        self.op(JA, 0);
    }

    /// Jumps when the comparison holds; else goes on. Conditional jumps of the machine reach 255 instructions, so this one steps over an
    /// unconditional one.
    pub(super) fn jump_if(&mut self, code: u16, k: u32, to: Label) {
        self.code.push(Instruction { code, jt: 0, jf: 1, k });
        self.jump(to);
    }

    /// The program. Every label that is jumped to has been placed.
    pub(super) fn finish(mut self) -> Vec<Instruction> {
        for (at, label) in self.jumps {
            let to = self.labels.get(&label).copied().unwrap_or(self.code.len());
            if let Some(instruction) = self.code.get_mut(at) {
                instruction.k = to.saturating_sub(at + 1) as u32;
            }
        }
        self.code
    }
}

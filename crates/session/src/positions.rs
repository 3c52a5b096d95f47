//! Where a session's packets lie.

/// Packet positions: runs of one file, each packet a byte offset in it. Kept flat as Arkime does: a negative number
/// `-N` starts a run of file `N`, the following numbers are offsets of packet records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// `-file` markers and absolute offsets.
    pub flat: Vec<i64>,
    /// Record length (16 + captured bytes) beside each entry of `flat`, 0 for a file marker; empty when not asked for.
    pub lengths: Vec<u32>,
}

impl Positions {
    /// Adds a packet. `file` is 0 where there is no file (inspecting without a store): no marker is written then.
    pub fn push(&mut self, file: u32, last_file: &mut u32, offset: u64, length: Option<u32>) {
        if file != 0 && *last_file != file {
            *last_file = file;
            self.flat.push(-i64::from(file));
            if length.is_some() {
                self.lengths.push(0);
            }
        }
        self.flat.push(offset as i64);
        self.lengths.extend(length);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.flat.is_empty()
    }

    /// Number of packets.
    pub fn packets(&self) -> usize {
        self.flat.iter().filter(|v| **v >= 0).count()
    }

    /// Each packet as (file number, offset), in the order of capture.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let mut file = 0;
        self.flat.iter().filter_map(move |&value| {
            if value < 0 {
                file = u32::try_from(-value).unwrap_or(0);
                None
            } else {
                Some((file, value as u64))
            }
        })
    }

    /// File numbers, each once, in order of appearance.
    pub fn files(&self) -> Vec<u32> {
        let mut files = Vec::new();
        for value in self.flat.iter().filter(|v| **v < 0) {
            let file = u32::try_from(-value).unwrap_or(0);
            if !files.contains(&file) {
                files.push(file);
            }
        }
        files
    }

    /// Arkime's `gap0` encoding: after a file marker each value is the distance from the packet before, and a
    /// distance equal to the one before is written 0.
    pub fn gap0(&self) -> Vec<i64> {
        let (mut position, mut gap) = (0, 0);
        self.flat
            .iter()
            .map(|&value| {
                if value < 0 {
                    (position, gap) = (0, 0);
                    return value;
                }
                let next = value.wrapping_sub(position);
                position = value;
                if next == gap {
                    return 0;
                }
                gap = next;
                next
            })
            .collect()
    }

    /// The opposite of [`Positions::gap0`].
    pub fn from_gap0(coded: &[i64]) -> Self {
        let (mut position, mut gap) = (0i64, 0);
        let flat = coded
            .iter()
            .map(|&value| {
                if value < 0 {
                    (position, gap) = (0, 0);
                    return value;
                }
                if value != 0 {
                    gap = value;
                }
                position = position.wrapping_add(gap);
                position
            })
            .collect();
        Self { flat, lengths: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gap0_round_trips() {
        let positions = Positions { flat: vec![-7, 24, 124, 224, 424, -9, 24, 48], lengths: vec![] };
        assert_eq!(positions.gap0(), [-7, 24, 100, 0, 200, -9, 24, 0]);
        assert_eq!(Positions::from_gap0(&positions.gap0()), positions);
        assert_eq!(positions.files(), [7, 9]);
        assert_eq!(positions.packets(), 6);
    }
}

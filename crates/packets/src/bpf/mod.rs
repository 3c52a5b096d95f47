//! Packet filters in the language of tcpdump, pcap-filter(7).
//!
//! A text becomes conditions over loads from the frame (`cond`), in the order in which libpcap tests them, with its
//! two rules that surprise: a load behind the captured bytes refuses the packet whatever surrounds it, and `vlan`,
//! `mpls` and `pppoes` move the place of everything that follows them in the text. Host names are not looked up.
//!
//! ```
//! use packets::bpf::Filter;
//! let filter: Filter = "tcp dst port 443 and not net 10.0.0.0/8".parse().unwrap();
//! assert!(!filter.matches(wire::LinkType::ETHERNET, &[0; 60], 60));
//! let error = "tcp prot 80".parse::<Filter>().unwrap_err();
//! assert_eq!(error.column, 5);
//! ```

mod classic;
mod cond;
mod lower;
mod names;
mod parse;
mod primitive;
mod token;
mod view;

pub use classic::{Instruction, TooLarge};

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use wire::LinkType;

/// Longest filter text, bytes.
pub const MAX_LENGTH: usize = 1 << 16;

/// A filter, ready to be asked about packets.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    cond: cond::Cond,
}

impl Filter {
    /// Whether a frame passes. `original` is its length on the wire, which `len`, `less` and `greater` mean.
    pub fn matches(&self, link: LinkType, frame: &[u8], original: u32) -> bool {
        self.cond.test(&view::View::new(link, frame, original)) == Some(true)
    }

    /// The filter as a classic BPF program for Ethernet frames, as the kernel takes it (`SO_ATTACH_FILTER`); it
    /// returns the number of bytes to keep. The kernel takes the outermost VLAN tag out of a frame before its filters
    /// see it: a filter that names `vlan` has to be applied to the frame with its tag put back, by [`Filter::matches`].
    ///
    /// # Errors
    /// The program would be longer than the kernel's limit.
    pub fn classic(&self) -> Result<Vec<Instruction>, TooLarge> {
        classic::program(&self.cond)
    }

    /// The text that it was made of.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl FromStr for Filter {
    type Err = FilterError;
    /// Reads a filter. An empty text lets every packet pass.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.to_owned(), cond: parse::filter(text)? })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// Bytes of the text that the message is about.
    pub span: Range<usize>,
    /// First character of the span, counted from 1.
    pub column: usize,
    /// What is wrong, and what helps.
    pub message: String,
}

impl FilterError {
    fn new(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let column = text.get(..start).map_or(0, |before| before.chars().count()) + 1;
        Self { span: start..text.ceil_char_boundary(span.end.max(start)), column, message: message.into() }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "packet filter, column {}: {}", self.column, self.message)
    }
}
impl std::error::Error for FilterError {}

//! Arguments of `hindsight replay` and `hindsight rules`.

use super::*;

/// `replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// Captures of Ethernet packets
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Interface to send on
    #[arg(short, long, value_name = "IFACE")]
    pub interface: String,
    /// How fast
    #[arg(long, value_name = "PACE", default_value = "original")]
    pub pace: crate::replay::Pace,
    /// How often
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub repeat: u64,
}

/// `rules`
#[derive(Debug, Args)]
pub struct Rules {
    #[command(subcommand)]
    pub what: RulesCommand,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Name every rule that cannot be used, with file and reason
    Check {
        /// Folder of rules, or default
        folder: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what rules recognise in captures
    Test {
        /// Folder of rules, or default
        folder: PathBuf,
        /// Captures
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// JSON, one hit a line
        #[arg(long)]
        json: bool,
        /// Look at each packet, or also at TCP segments joined
        #[arg(long = "match", value_enum, value_name = "WHAT", default_value_t)]
        matching: crate::config::Matching,
    },
    /// Print the rules that come with the program
    Default {
        /// Write them as files into this folder instead; nothing is overwritten
        #[arg(long, value_name = "DIR")]
        write: Option<PathBuf>,
    },
}

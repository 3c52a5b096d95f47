//! Arguments of `hindsight bench`.

use super::*;

/// `bench`
#[derive(Debug, Args)]
pub struct Bench {
    #[command(subcommand)]
    pub what: BenchCommand,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Import a capture into a scratch folder: packets/s, Gbit/s, sessions/s, peak memory
    Import {
        /// The capture
        file: PathBuf,
        /// Worker threads [default: one for each core]
        #[arg(long, value_name = "N")]
        threads: Option<usize>,
        /// Parse only, without an index
        #[arg(long)]
        no_index: bool,
        /// Copy the packets too
        #[arg(long)]
        copy: bool,
        /// Look for evidence with the rules of this folder, or default
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
        /// Keep packets as evidence
        #[arg(long, value_name = "LEVEL", requires = "rules", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=3))]
        evidence_level: u8,
    },
    /// Search in the packets of a capture as hunts do: MB/s of each kind of search
    Hunt {
        /// The capture
        file: PathBuf,
        /// Repetitions of each search; the median is printed
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Write generated documents and ask typical queries: documents/s, bytes a session, milliseconds a query
    Index {
        /// Documents
        #[arg(long, default_value_t = 1_000_000)]
        documents: u64,
        /// Repetitions of each query; the median is printed
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Keep the index in this folder (and use it again)
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Write the same generated documents to the embedded store and to the cluster of --index, and ask both typical queries
    #[command(after_help = "\
Example:
  hindsight --index http://127.0.0.1:9200 bench store --server-pid $(pgrep -f OpenSearch)
What it writes to the cluster has indices of its own, which go at the end.")]
    Store {
        /// Documents
        #[arg(long, default_value_t = 1_000_000)]
        documents: u64,
        /// Repetitions of each query
        #[arg(long, default_value_t = 20)]
        rounds: usize,
        /// Process of the cluster whose memory counts; several times for several
        #[arg(long = "server-pid", value_name = "PID")]
        servers: Vec<u32>,
    },
    /// Find the highest rate of live capture without one loss, over a virtual cable of its own; needs root
    #[command(after_help = "\
Examples:
  sudo hindsight bench live --peers              beside tcpdump, dumpcap and netsniff-ng
  sudo hindsight bench live --capture mix.pcap   with your own traffic
  sudo hindsight bench live --rate 200000 --only mixed --seconds 3")]
    Live(BenchLive),
}

/// `bench live`
#[derive(Debug, Args)]
pub struct BenchLive {
    /// Seconds that a rate must be held
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Send the packets of a capture, over and over; several times for several [default: generated large, mixed and small packets]
    #[arg(long = "capture", value_name = "FILE")]
    pub captures: Vec<PathBuf>,
    /// Also measure tcpdump, dumpcap and netsniff-ng, where they are installed
    #[arg(long)]
    pub peers: bool,
    /// Only traffic or programs with this in their names; several times for several
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Try this rate only, packets a second, instead of searching for the highest
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub rate: Option<u64>,
    /// Folder for what the programs write; emptied after each attempt [default: the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
}

//! Arguments of `hindsight run`, and those that other commands share with it.

use super::*;

/// `run`
#[derive(Debug, Args)]
pub struct Run {
    /// Interface to capture on; several times for several [default: that of the default route]
    #[arg(short, long = "interface", value_name = "IFACE")]
    pub interfaces: Vec<String>,
    /// Name of this machine in documents and packet files [default: host name]
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
    /// Do not serve the viewer
    #[arg(long)]
    pub no_serve: bool,
    /// Do not make sessions: only write packet files
    #[arg(long)]
    pub no_index: bool,
    /// Do not write packets: only make sessions
    #[arg(long)]
    pub no_packets: bool,
    /// How packets come in: auto, af-packet, af-xdp, libpcap, pcap-over-ip-connect, pcap-over-ip-listen, tzsp-listen,
    /// erspan-listen (for the last four the interface is an address) [default: auto]
    #[arg(long, value_name = "MECHANISM", value_parser = mechanism)]
    pub source: Option<source::Mechanism>,
    /// Only packets that meet a pcap filter, as in tcpdump
    #[arg(short, long, value_name = "FILTER")]
    pub filter: Option<crate::config::Filter>,
    /// Worker threads of each interface [default: from cores and link speed]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Form of packet files [default: pcap]
    #[arg(long, value_enum)]
    pub format: Option<crate::config::Form>,
    /// Folder of packet files; several times for several disks [default: packets in the folder of --dir]
    #[arg(short, long = "write", value_name = "DIR")]
    pub write: Vec<PathBuf>,
    /// Finish a packet file at this size, for instance 1GB [default: 12GB, less on a small disk]
    #[arg(short = 'C', long, value_name = "SIZE")]
    pub max_file_size: Option<crate::config::Size>,
    /// Finish a packet file at this age, for instance 10m [default: 1h]
    #[arg(short = 'G', long, value_name = "TIME")]
    pub max_file_age: Option<crate::config::Span>,
    /// Load this library instead of the system's libpcap
    #[arg(long, value_name = "FILE")]
    pub libpcap: Option<PathBuf>,
    /// Do not ask the interface for packets to other hosts
    #[arg(short = 'p', long)]
    pub no_promiscuous: bool,
    /// Become this user once everything is open
    #[arg(short = 'Z', long, value_name = "USER")]
    pub user: Option<String>,
    #[command(flatten)]
    pub retention: Retention,
    #[command(flatten)]
    pub evidence: Evidence,
    /// Tell a collector of NetFlow of the flows, HOST:PORT; several times for several
    #[arg(long = "collector", value_name = "HOST:PORT")]
    pub collectors: Vec<String>,
    #[command(flatten)]
    pub listen: Listen,
    #[command(flatten)]
    pub geo: Geo,
    /// Bytes of a packet that are kept [default: 262144]
    #[arg(short, long, value_name = "BYTES")]
    pub snaplen: Option<u32>,
}

fn mechanism(text: &str) -> Result<source::Mechanism, String> {
    use serde::Deserialize as _;
    let value = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
    source::Mechanism::deserialize(value).map_err(|error| error.to_string())
}

/// What goes when.
#[derive(Clone, Debug, Default, Args)]
pub struct Retention {
    /// Room that stays free on the disks of packet files: a share or a size [default: 5%]
    #[arg(long, value_name = "ROOM")]
    pub free_space: Option<crate::config::Room>,
    /// Packets go when they are older, for instance 30d
    #[arg(long, value_name = "TIME")]
    pub max_age: Option<crate::config::Span>,
    /// The oldest packets go when all together are larger, for instance 2TB
    #[arg(long, value_name = "SIZE")]
    pub max_size: Option<crate::config::Size>,
}

impl Retention {
    /// The configuration with what the command line says.
    pub fn over(&self, config: &crate::config::Retention) -> crate::config::Retention {
        crate::config::Retention {
            free_space: self.free_space.unwrap_or(config.free_space),
            max_age: self.max_age.or(config.max_age),
            max_size: self.max_size.or(config.max_size),
            sessions: config.sessions,
        }
    }
}

/// What packets are examined for, and kept because of that.
#[derive(Clone, Debug, Default, Args)]
pub struct Evidence {
    /// Folder of fingerprint rules, or default for those that come with the program [default: none]
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Keep packets as evidence: 0 none, 1 threats, 2 also fingerprints, 3 also the first packets of every flow [default: 0]
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub evidence_level: Option<u8>,
    /// Folder of evidence, with a folder for each device [default: evidence in the folder of --dir]
    #[arg(long, value_name = "DIR")]
    pub evidence_dir: Option<PathBuf>,
    /// Number of the device that evidence is filed under [default: 3 live, 0 for imports]
    #[arg(long, value_name = "N")]
    pub devid: Option<u32>,
    /// Whether rules look at each packet, or also at TCP segments joined [default: packet]
    #[arg(long = "match", value_enum, value_name = "WHAT")]
    pub matching: Option<crate::config::Matching>,
}

impl Evidence {
    /// The configuration with what the command line says.
    pub fn over(&self, config: &crate::config::Evidence) -> crate::config::Evidence {
        crate::config::Evidence {
            rules: self.rules.clone().or_else(|| config.rules.clone()),
            level: self.evidence_level.unwrap_or(config.level),
            dir: self.evidence_dir.clone().or_else(|| config.dir.clone()),
            devid: self.devid.unwrap_or(config.devid),
            import_devid: self.devid.unwrap_or(config.import_devid),
            matching: self.matching.unwrap_or(config.matching),
            ..config.clone()
        }
    }
}

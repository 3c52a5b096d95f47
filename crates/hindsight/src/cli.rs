//! The command line: a contract with people and scripts.

mod bench;
mod capturing;
mod database;
mod evidence;
mod node;
mod users;

pub use bench::{Bench, BenchCommand, BenchLive};
pub use capturing::{Evidence, Retention, Run};
pub use database::{Consent, Db, DbCommand, Migrate, PacketsOf};
pub use evidence::{Replay, Rules, RulesCommand};
pub use node::{Node, NodeCommand};
pub use users::{TokenCommand, TotpCommand, User, UserCommand};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Network traffic retrospection: capture, index, find and export sessions.
#[derive(Debug, Parser)]
#[command(name = "hindsight", version, max_term_width = 110, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  hindsight run --interface eth0                 capture, index and serve
  hindsight import yesterday.pcap                index a capture
  hindsight search 'ip.src == 10.101.26.60 && protocols == http'
  hindsight export 'host.http == *.example.com' --start -2d@d --stop @d -w out.pcap
  hindsight serve                                http://127.0.0.1:8005

Results go to stdout, all else to stderr. Exit status: 0 done, 1 failed or partly failed, 2 wrong usage.")]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// Folder that holds everything: index, packets, catalogue, keys [default: ~/.local/share/hindsight, or
    /// /var/lib/hindsight as a service]
    #[arg(long, env = "HINDSIGHT_DIR", global = true, value_name = "DIR", help_heading = "Global options")]
    pub dir: Option<PathBuf>,
    /// Configuration [default: hindsight.toml in the folder of --dir, else /etc/hindsight/hindsight.toml]
    #[arg(
        long,
        env = "HINDSIGHT_CONFIG",
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub config: Option<PathBuf>,
    /// Where sessions and small state are: `embedded`, or hosts of a cluster, `https://host:9200` with commas
    /// [default: `[index] store` of the configuration, else embedded]
    #[arg(
        long = "index",
        id = "store",
        env = "HINDSIGHT_INDEX",
        hide_env_values = true,
        global = true,
        value_name = "URL",
        help_heading = "Global options"
    )]
    pub index: Option<String>,
    /// Say less: errors only
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Capture live, index and serve the viewer, in one process
    #[command(after_help = "\
Examples:
  hindsight run                                  capture on the interface of the default route
  hindsight run --interface eth1 --interface eth2
  hindsight run --interface eth1 --no-serve      a sensor without a viewer
  hindsight run -i eth1 --filter 'not port 22'   as in tcpdump
  hindsight run -i eth1 -w /disk1 -w /disk2      packet files on two disks
  hindsight run --no-index                       only packet files, at the highest rate
Everything can be in hindsight.toml (hindsight config default); the command line wins.
Capturing needs CAP_NET_RAW: run as root, or once: sudo setcap cap_net_raw,cap_net_admin=eip $(command -v hindsight)")]
    Run(Box<Run>),
    /// Index captures: files, folders, or - for stdin
    #[command(after_help = "\
Examples:
  hindsight import yesterday.pcap
  hindsight import /captures --tag incident-42   a folder and everything below it
  ssh router tcpdump -w - | hindsight import -
  hindsight import --watch /spool                take up captures as they appear
A plain file is indexed in place: the index points into it, so keep it. With --copy, and for compressed files and
stdin, the packets are copied into the packet store. A file that was imported before is recognised and left out.")]
    Import(Import),
    /// Find sessions
    #[command(after_help = "\
Examples:
  hindsight search 'protocols == http && http.statuscode >= 500' --start -1d
  hindsight search 'perf.http.time > 2s' --sort -perf.http.time --limit 20
  hindsight search 'ip.dst == 10.0.0.0/8:443' --fields starttime,ip.src,ip.dst,tls.host --csv
  hindsight search 'port == 53' --count
Times: -1h, -2d@d (two days ago, at its start), @d, seconds since 1970, '2026/11/22 21:00:00', RFC 3339.
The language of expressions: hindsight help-expressions, or the Help page of the viewer.")]
    Search(Search),
    /// Write the packets of sessions to a capture file
    #[command(after_help = "\
Examples:
  hindsight export 'host.http == *.example.com' --start -2d@d --stop @d -w out.pcap
  hindsight export 'ip == 10.1.2.3' -w - | tshark -r -
  hindsight export 'port == 3306' --bpf 'tcp[tcpflags] & tcp-rst != 0' -w resets.pcapng
  hindsight export 'tags == incident-42' --check  how much it is, and which packets are gone")]
    Export(Export),
    /// Make plain captures of packet files that are encrypted or compressed
    #[command(after_help = "\
Examples:
  hindsight decrypt --key-file /etc/hindsight/key sensor-261123-00000007.pcap.enc -o out.pcap
  hindsight decrypt --key-file old.key --key-file new.key /packets/*.enc -o /tmp/plain
  hindsight decrypt packets.pcap.zst -o - | tcpdump -r -
A key file holds 32 bytes, or these in hexadecimal or base64; only its owner may read it. Each packet file has a key of its own,
wrapped by that of the key file; the file says which key it takes. Unfinished and damaged files give what is whole.")]
    Decrypt(Decrypt),
    /// Print the session documents of captures as JSON lines; no store is touched
    #[command(after_help = "\
Examples:
  hindsight inspect FILE.pcap | jq .http
  hindsight inspect --complete --geo /usr/share/GeoIP FILE.pcap")]
    Inspect(Inspect),
    /// Serve the viewer and the HTTP API
    #[command(after_help = "\
Example:
  hindsight serve                                http://127.0.0.1:8005
The first start makes the user admin and prints its password once.")]
    Serve(Serve),
    /// The nodes of a fleet: several machines as one system
    #[command(after_help = "\
Examples:
  hindsight node list
  hindsight node approve sensor1                 after comparing the fingerprint
  hindsight node token                           a token for one new node; there: hindsight node join TOKEN
docs/fleet.md tells how a fleet is set up.")]
    Node(Node),
    /// Manage users
    User(User),
    /// Check, show or explain the configuration
    #[command(after_help = "\
Examples:
  hindsight config default > /etc/hindsight/hindsight.toml
  hindsight config check
  hindsight config show")]
    Config(Config),
    /// Delete now what retention would delete: the oldest packet files and their sessions
    #[command(after_help = "\
Examples:
  hindsight expire --dry-run                     what would go by the configuration
  hindsight expire --max-age 7d                  what is older than a week
hindsight run does this by itself. Files that are pinned, imported in place, being written or being read stay.")]
    Expire(Expire),
    /// Put right what a crash left: torn files, packets without sessions
    #[command(after_help = "\
Example:
  hindsight recover
hindsight run does this by itself at its start; it may be repeated and interrupted.")]
    Recover(Recover),
    /// Keep the packets of sessions for good, or until a date
    #[command(after_help = "\
Examples:
  hindsight pin 'tags == incident-42' --name incident-42
  hindsight pin 'ip == 10.1.2.3' --start -1d --until +90d
  hindsight pins
  hindsight unpin incident-42
The packets are copied into files of their own, which retention leaves alone.")]
    Pin(Pin),
    /// End a pin: its packets become like all others
    Unpin(Unpin),
    /// List the pins
    Pins {
        /// JSON, one a line
        #[arg(long)]
        json: bool,
    },
    /// Look after the stores: health, old partitions, small files, backups
    #[command(after_help = "\
Examples:
  hindsight db info                              partitions, bytes, what needs attention
  hindsight db expire 90d                        says which partitions go, and asks
  hindsight db backup /backup/monday             while the system runs
  hindsight --dir /new db restore /backup/monday
Nothing is deleted or replaced without saying what and asking, or --yes. Packet files expire by hindsight expire.")]
    Db(Db),
    /// Copy sessions, packet files and small state from another place, for instance an Arkime
    #[command(after_help = "\
Examples:
  hindsight migrate --from /var/lib/old-hindsight
  hindsight migrate --from /tmp/arkime-dump --dry-run
  hindsight migrate --from sessions.ndjson.gz --start -30d --packets copy
It may be interrupted and goes on where it ended. Afterwards the sessions are counted on both sides. Packet files of an Arkime are
read as they are: plain, in blocks of gzip or zstd, with short headers, encrypted ([packets] keks).")]
    Migrate(Box<Migrate>),
    /// Watch what the capturing nodes of the folder do: rates, losses, disks
    #[command(after_help = "\
Examples:
  hindsight top                                  q quits
  hindsight top --once                           a table for scripts and mails
  hindsight top --once --json | jq '.nodes[].losses'
It reads the statistics that a running capture keeps in the catalogue, so it works beside hindsight run and serve.")]
    Top(Top),
    /// Check this machine for what loses packets, and print the commands that mend it
    #[command(after_help = "\
Examples:
  hindsight doctor                               the interface of the default route
  sudo hindsight doctor --interface eth1 --fix   asks before each command
  hindsight doctor --json | jq '.findings[] | select(.level != \"ok\")'
  hindsight doctor --unit | sudo tee /etc/systemd/system/hindsight.service
Looks at the kernel, rights, network cards, disks (writes for 2 s), clock, memory and limits. Exit status 1 when something is bad.")]
    Doctor(Doctor),
    /// Check and try out fingerprint rules: what they recognise in captures
    #[command(after_help = "\
Examples:
  hindsight rules check fp-patterns              names each rule that cannot be used; exit status 1 then
  hindsight rules test fp-patterns attack.pcap   its hits
  hindsight rules test default *.pcap --json | jq .name
  hindsight rules default --write my-rules       the rules that come with the program, to change them
A folder holds service.json, device.json, os.json, midware.json and threat.json, as Liuying's fp-patterns; default
stands for the rules that come with the program. In force they are by [evidence] of hindsight.toml, or --rules.")]
    Rules(Rules),
    /// Send captures onto an interface, to test probes
    #[command(after_help = "\
Examples:
  sudo hindsight replay attack.pcap -i veth0               as it was captured
  sudo hindsight replay mix.pcap -i eth2 --pace 100Mbit
  sudo hindsight replay mix.pcap -i eth2 --pace 20000pps --repeat 10
Paces: original, 2x (twice as fast), 10000pps, 100Mbit (of frames, without preamble and gap), top. Needs CAP_NET_RAW.")]
    Replay(Replay),
    /// Measure this machine: import, index, export
    Bench(Bench),
    /// List the fields of the search language
    Fields(Fields),
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  hindsight completions bash > /etc/bash_completion.d/hindsight
  hindsight completions zsh > \"${fpath[1]}/_hindsight\"
  hindsight completions fish > ~/.config/fish/completions/hindsight.fish")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (troff)
    #[command(after_help = "Example:\n  hindsight man | man -l -")]
    Man,
    /// Explain the language of expressions
    HelpExpressions,
}

impl Command {
    /// The node that the command line names: whose section of the configuration holds.
    pub fn node(&self) -> Option<&str> {
        match self {
            Self::Run(command) => command.node.as_deref(),
            Self::Import(command) => command.node.as_deref(),
            Self::Serve(command) => command.node.as_deref(),
            Self::Expire(command) => command.node.as_deref(),
            Self::Recover(command) => command.node.as_deref(),
            Self::Node(Node { what: NodeCommand::Join { node, .. } }) => node.as_deref(),
            _ => None,
        }
    }
}

/// `config`
#[derive(Debug, Args)]
pub struct Config {
    #[command(subcommand)]
    pub what: ConfigCommand,
    /// Node whose [node.NAME] section holds [default: the one that the file names, or the host name]
    #[arg(long, global = true, value_name = "NAME")]
    pub node: Option<String>,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the file; an error names line, column and what was probably meant
    Check,
    /// Print what is in force, defaults included
    Show,
    /// Print a file with every value at its default, explained
    Default,
}

/// `expire`
#[derive(Debug, Args)]
pub struct Expire {
    /// Only say what would go
    #[arg(long)]
    pub dry_run: bool,
    /// Node whose files are looked at [default: host name]
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
    #[command(flatten)]
    pub retention: Retention,
}

/// `recover`
#[derive(Debug, Args)]
pub struct Recover {
    /// Node whose files are looked at [default: host name]
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
}

/// `pin`
#[derive(Debug, Args)]
pub struct Pin {
    /// Which sessions
    pub expression: String,
    #[command(flatten)]
    pub range: Range,
    /// Which of a session's times must lie in the range
    #[arg(long, value_enum, default_value_t)]
    pub bounding: Bounding,
    /// When the pin ends: +30d, '2027/01/31', RFC 3339 [default: never]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// What the pin is called [default: pin- and a number]
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
}

/// `unpin`
#[derive(Debug, Args)]
pub struct Unpin {
    /// The pin, as hindsight pins names it
    pub name: String,
}

/// `top`
#[derive(Debug, Args)]
pub struct Top {
    /// Print the page once and end; so it is too when the output is no terminal
    #[arg(long)]
    pub once: bool,
    /// Print JSON once and end
    #[arg(long)]
    pub json: bool,
    /// Only this node
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub interval: f64,
}

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Interface to look at; several times for several [default: that of the default route]
    #[arg(short, long = "interface", value_name = "IFACE")]
    pub interfaces: Vec<String>,
    /// Run the commands that mend what was found; asks before each
    #[arg(long)]
    pub fix: bool,
    /// With --fix: do not ask
    #[arg(long, requires = "fix")]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print the systemd unit and end
    #[arg(long)]
    pub unit: bool,
}

/// Where the viewer listens.
#[derive(Debug, Args)]
pub struct Listen {
    /// Address and port of the viewer; an address other than loopback is reachable from the network
    /// [default: 127.0.0.1:8005]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<std::net::SocketAddr>,
    /// Allow an address that other machines can reach without TLS. Better: certificate and key under [viewer] in hindsight.toml,
    /// which needs no such leave
    #[arg(long)]
    pub allow_remote: bool,
}

/// Databases of addresses.
#[derive(Debug, Args)]
pub struct Geo {
    /// Folder with databases of addresses: MaxMind files (.mmdb), ipv4-address-space.csv, oui.txt
    /// [default: geo in the folder of --dir]
    #[arg(long, value_name = "DIR")]
    pub geo: Option<PathBuf>,
}

/// `import`
#[derive(Debug, Args)]
pub struct Import {
    /// Captures: files, folders (everything below them), or - for stdin
    #[arg(value_name = "FILE", required_unless_present = "watch")]
    pub files: Vec<PathBuf>,
    /// Take up captures that appear in a folder, until Ctrl-C
    #[arg(long, value_name = "DIR")]
    pub watch: Option<PathBuf>,
    /// Copy the packets into the packet store instead of pointing into the files
    #[arg(long)]
    pub copy: bool,
    /// Name of the capturing machine in the documents [default: host name]
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
    /// Tag for every session; several times for several
    #[arg(short, long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Switch on everything that makes documents complete: all headers, cookies, query strings, bodies, raw hashes
    #[arg(long)]
    pub complete: bool,
    #[command(flatten)]
    pub geo: Geo,
    #[command(flatten)]
    pub evidence: Evidence,
    /// Tell a collector of NetFlow of the flows, HOST:PORT; several times for several
    #[arg(long = "collector", value_name = "HOST:PORT")]
    pub collectors: Vec<String>,
    /// Key file for packet files that are encrypted; several times for several
    #[arg(long = "key-file", value_name = "FILE")]
    pub key_files: Vec<PathBuf>,
    /// Import files again that were imported before
    #[arg(long)]
    pub again: bool,
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// A range of time.
#[derive(Debug, Default, Args)]
pub struct Range {
    /// Begin of the range: -1h, -2d@d, seconds, '2026/11/22 21:00:00', RFC 3339 [default: all time]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub start: Option<String>,
    /// End of the range [default: now, or all time without --start]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub stop: Option<String>,
}

/// Which of a session's times must lie in the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Bounding {
    /// Last packet
    #[default]
    Last,
    /// First packet
    First,
    /// First and last packet
    Both,
    /// Any moment
    Either,
    /// When it was indexed
    Database,
}

/// `search`
#[derive(Debug, Args)]
pub struct Search {
    /// What to find; everything when left out
    #[arg(default_value = "", hide_default_value = true)]
    pub expression: String,
    #[command(flatten)]
    pub range: Range,
    /// Which of a session's times must lie in the range
    #[arg(long, value_enum, default_value_t)]
    pub bounding: Bounding,
    /// Columns, as names of the search language
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub fields: Vec<String>,
    /// Sort by fields; a leading - or a trailing :desc means largest first
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub sort: Vec<String>,
    /// Sessions to print; 0 prints all
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// Sessions to skip
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub from: usize,
    /// Documents, one a line
    #[arg(long, group = "form")]
    pub json: bool,
    /// Comma-separated values with a header line
    #[arg(long, group = "form")]
    pub csv: bool,
    /// Only the number of sessions
    #[arg(long, group = "form")]
    pub count: bool,
}

/// `export`
#[derive(Debug, Args)]
pub struct Export {
    /// Which sessions; everything when left out
    #[arg(default_value = "", hide_default_value = true)]
    pub expression: String,
    #[command(flatten)]
    pub range: Range,
    /// Which of a session's times must lie in the range
    #[arg(long, value_enum, default_value_t)]
    pub bounding: Bounding,
    /// File to write; - for stdout
    #[arg(short, long, value_name = "FILE", required_unless_present = "check")]
    pub write: Option<PathBuf>,
    /// Format [default: by the name of the file, else pcap]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Only packets that meet a pcap filter, as in tcpdump
    #[arg(long, value_name = "FILTER")]
    pub bpf: Option<String>,
    /// Only packets within the range, instead of whole sessions
    #[arg(long)]
    pub slice: bool,
    /// Also the other segments of long sessions, whenever they were
    #[arg(long)]
    pub segments: bool,
    /// Only say how many sessions, packets and bytes it is, and which packets are gone
    #[arg(long)]
    pub check: bool,
}

/// Format of a capture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Classic; one link type
    Pcap,
    /// Several link types, comments
    Pcapng,
}

/// `decrypt`
#[derive(Debug, Args)]
pub struct Decrypt {
    /// Packet files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Key file; several times for several
    #[arg(long = "key-file", value_name = "FILE")]
    pub key_files: Vec<PathBuf>,
    /// File to write, a folder for several, or - for stdout; nothing is overwritten
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// `inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// Captures, or - for stdin
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Switch on everything that makes documents complete
    #[arg(long)]
    pub complete: bool,
    #[command(flatten)]
    pub geo: Geo,
    /// Name of the capturing machine in the documents
    #[arg(long, value_name = "NAME", default_value = "inspect")]
    pub node: String,
}

/// `serve`
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub listen: Listen,
    #[command(flatten)]
    pub geo: Geo,
    /// Name of this machine, for uploads [default: host name]
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
    /// Ask nobody for a password: a request names its user itself. For regression tests, on a loopback address only
    #[arg(long)]
    pub regression_tests: bool,
}

/// `fields`
#[derive(Debug, Args)]
pub struct Fields {
    /// Only names, labels or help texts with this in them
    #[arg(default_value = "", hide_default_value = true)]
    pub filter: String,
    /// As JSON, one a line
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn relative_times_are_values_not_options() {
        let cli = Cli::parse_from([
            "hindsight",
            "export",
            "port == 80",
            "--start",
            "-2d@d",
            "--stop",
            "@d",
            "-w",
            "x.pcap",
        ]);
        let Command::Export(export) = cli.command else { panic!("not export") };
        assert_eq!(export.range.start.as_deref(), Some("-2d@d"));
        assert_eq!(export.range.stop.as_deref(), Some("@d"));
    }
}

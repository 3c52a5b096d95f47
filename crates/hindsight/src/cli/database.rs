//! Arguments of `hindsight db` and `hindsight migrate`.

use super::*;

/// `db`
#[derive(Debug, Args)]
pub struct Db {
    #[command(subcommand)]
    pub what: DbCommand,
}

/// What to do with the stores of the folder.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Make empty stores; what is there stays
    Init,
    /// Bring what an older version or an interrupted one left up to date
    Upgrade,
    /// Print how the stores are: partitions, bytes, sessions, what needs attention
    Info {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete whole partitions whose last packet is older; says which and asks
    Expire {
        /// Age, for instance 30d
        #[arg(value_name = "AGE")]
        age: crate::config::Span,
        #[command(flatten)]
        consent: Consent,
    },
    /// Merge small files and fold changes in
    Optimize,
    /// Copy sessions, catalogue, keys and configuration into a folder, while the system runs
    Backup {
        /// A folder that is not there yet
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// Copy finished packet files too
        #[arg(long)]
        packets: bool,
    },
    /// Put back what a backup holds, checked byte by byte; what is in the folder is moved aside
    Restore {
        /// Folder of the backup
        #[arg(value_name = "DIR")]
        from: PathBuf,
        /// Only check the backup
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Saying yes beforehand.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Consent {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// `migrate`
#[derive(Debug, Args)]
pub struct Migrate {
    /// Where from: a data folder, the address of a cluster (https://host:9200) that Hindsight wrote to or, with the --prefix of its indices (`arkime_`), an Arkime, or documents that an Arkime's cluster gave out (.json, .ndjson, also .gz; a file or a folder)
    #[arg(long, value_name = "PLACE")]
    pub from: String,
    /// Where to: a data folder, or the address of a cluster [default: that of --dir]
    #[arg(long, value_name = "PLACE")]
    pub to: Option<String>,
    /// What the names of the indices begin with, where one of the places is a cluster
    #[arg(long, value_name = "TEXT", default_value = "hindsight_")]
    pub prefix: String,
    /// Only sessions that meet this
    #[arg(long, value_name = "EXPRESSION", default_value = "")]
    pub expression: String,
    #[command(flatten)]
    pub range: Range,
    /// What becomes of packet files
    #[arg(long, value_enum, default_value_t)]
    pub packets: PacketsOf,
    /// Gives a node another name there; several times for several
    #[arg(long = "rename-node", value_name = "OLD=NEW", value_parser = pair)]
    pub rename: Vec<(String, String)>,
    /// Leave users, views, lists of values and other small state behind
    #[arg(long)]
    pub no_state: bool,
    /// Keeps how far it came, to go on there after an interruption [default: migrate.json in the folder it goes to]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Begin anew, whatever was copied before
    #[arg(long)]
    pub restart: bool,
    /// Only count
    #[arg(long)]
    pub dry_run: bool,
}

/// What becomes of the packet files of sessions that are copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PacketsOf {
    /// They stay where they are and are read there; retention leaves them alone
    #[default]
    Refer,
    /// They get a second name in the folder (same file system)
    Link,
    /// They are copied into the folder
    Copy,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.to_owned(), new.to_owned())),
        _ => Err(format!("`{text}` is not OLD=NEW")),
    }
}

//! The rights that capturing needs, and giving them up once everything is open.
//!
//! Linux keeps them per thread: [`drop_to`] and [`keep_none`] change the calling thread and those that it starts afterwards. Call them from
//! the main thread, after opening and before any other thread is started.

use std::ffi::CString;
use std::fmt;
use std::io;

/// Linux: version 3 of the capability interface, two words of 32 bits each.
const VERSION: u32 = 0x2008_0522;

/// A right of Linux that capturing may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Opening packet sockets.
    NetRaw,
    /// Promiscuous mode, timestamps of the card, XDP.
    NetAdmin,
    /// Loading an XDP program and its maps.
    Bpf,
    /// Locking memory for AF_XDP on kernels before 5.11.
    IpcLock,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NetRaw, Self::NetAdmin, Self::Bpf, Self::IpcLock];

    fn bit(self) -> u32 {
        match self {
            Self::NetAdmin => 12,
            Self::NetRaw => 13,
            Self::IpcLock => 14,
            Self::Bpf => 39,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NetRaw => "CAP_NET_RAW",
            Self::NetAdmin => "CAP_NET_ADMIN",
            Self::Bpf => "CAP_BPF",
            Self::IpcLock => "CAP_IPC_LOCK",
        })
    }
}

/// Effective, permitted and inheritable words, low then high, as the kernel orders them.
type Sets = [[u32; 3]; 2];

fn sets() -> io::Result<Sets> {
    let mut header = [VERSION, 0];
    let mut sets: Sets = [[0; 3]; 2];
    // SAFETY: capget reads the header and writes two structures of three words; both live through the call.
    let result = unsafe { libc::syscall(libc::SYS_capget, header.as_mut_ptr(), sets.as_mut_ptr()) };
    if result == 0 { Ok(sets) } else { Err(io::Error::last_os_error()) }
}

fn set_sets(sets: &Sets) -> io::Result<()> {
    let mut header = [VERSION, 0];
    // SAFETY: capset reads the header and two structures of three words, which live through the call; it changes this thread alone.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether this thread has a right now.
#[must_use]
pub fn have(capability: Capability) -> bool {
    let (word, bit) = (capability.bit() as usize / 32, capability.bit() % 32);
    sets().ok().and_then(|sets| sets.get(word).map(|set| set[0] >> bit & 1 == 1)).unwrap_or(false)
}

/// Those of `wanted` that are missing.
#[must_use]
pub fn missing(wanted: &[Capability]) -> Vec<Capability> {
    wanted.iter().copied().filter(|capability| !have(*capability)).collect()
}

/// How to give this program some rights: the command for a program that is started by hand, and the lines for a systemd unit.
#[must_use]
pub fn remedy(capabilities: &[Capability]) -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| "hindsight".into());
    let lower: Vec<String> = capabilities.iter().map(|c| c.to_string().to_lowercase()).collect();
    let upper: Vec<String> = capabilities.iter().map(ToString::to_string).collect();
    format!(
        "run as root, or allow the program once with: sudo setcap {}=eip {}; in a systemd unit: AmbientCapabilities={}",
        lower.join(","),
        program.display(),
        upper.join(" ")
    )
}

/// What stays after giving up rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Whether removed interfaces can be opened again: CAP_NET_RAW and CAP_NET_ADMIN stay (and CAP_BPF where it was there). Without, a
    /// process that is taken over can open nothing, and an interface that is removed and made again stays lost until a restart.
    pub reopening: bool,
}

impl Keep {
    fn capabilities(self) -> &'static [Capability] {
        if self.reopening { &[Capability::NetRaw, Capability::NetAdmin, Capability::Bpf] } else { &[] }
    }
}

fn cannot(what: &str) -> impl FnOnce(io::Error) -> String {
    let what = what.to_owned();
    move |error| format!("cannot give up privileges: {what}: {error}")
}

fn check(what: &str, result: libc::c_int) -> Result<(), String> {
    if result == 0 { Ok(()) } else { Err(cannot(what)(io::Error::last_os_error())) }
}

/// Gives up every right but those of `keep`, and all ways to get new ones (setuid programs give none any more).
///
/// # Errors
/// In words; nothing that was already given up comes back.
pub fn keep_none(keep: Keep) -> Result<(), String> {
    let mut kept: Sets = [[0; 3]; 2];
    let before = sets().map_err(cannot("capget"))?;
    for capability in keep.capabilities() {
        let (word, bit) = (capability.bit() as usize / 32, capability.bit() % 32);
        if let (Some(kept), Some(before)) = (kept.get_mut(word), before.get(word)) {
            // effective and permitted; not inheritable: no program that is started gets it
            kept[0] |= before[1] & 1 << bit;
            kept[1] |= before[1] & 1 << bit;
        }
    }
    // Ambient rights would survive the start of another program.
    // SAFETY: plain system calls with integers.
    unsafe {
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        check("PR_SET_NO_NEW_PRIVS", libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
    }
    set_sets(&kept).map_err(cannot("capset"))
}

/// Becomes another user for good (root only), then gives up rights as [`keep_none`] does. Supplementary groups become those of the user.
///
/// # Errors
/// The user does not exist, or the process may not become it.
pub fn drop_to(user: &str, keep: Keep) -> Result<(), String> {
    let (uid, gid) = find(user)?;
    let name = CString::new(user).map_err(|_| format!("there is no user {user:?}"))?;
    // SAFETY: plain system calls; the name is a valid C string. glibc changes the ids of all threads.
    unsafe {
        // Else becoming another user would take all rights at once, those to be kept too.
        check("PR_SET_KEEPCAPS", libc::prctl(libc::PR_SET_KEEPCAPS, 1, 0, 0, 0))?;
        check("setting groups", libc::initgroups(name.as_ptr(), gid))?;
        check("setting the group", libc::setresgid(gid, gid, gid))?;
        check("setting the user", libc::setresuid(uid, uid, uid))?;
    }
    keep_none(keep)
}

/// Ids of a user.
fn find(user: &str) -> Result<(libc::uid_t, libc::gid_t), String> {
    let unknown = || format!("there is no user called {user}; make one with: useradd --system {user}");
    let name = CString::new(user).map_err(|_| unknown())?;
    // SAFETY: an all-zero passwd is a valid value of plain pointers and integers.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut buffer = vec![0 as libc::c_char; 16 << 10];
    let mut found = std::ptr::null_mut();
    // SAFETY: all pointers are to live memory, the buffer of the length given; only integers are read from the entry afterwards.
    let result = unsafe {
        libc::getpwnam_r(name.as_ptr(), &raw mut entry, buffer.as_mut_ptr(), buffer.len(), &raw mut found)
    };
    if result != 0 || found.is_null() {
        return Err(unknown());
    }
    Ok((entry.pw_uid, entry.pw_gid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_given_up_and_named() {
        // In threads of their own: the test process keeps its rights.
        std::thread::spawn(|| {
            let raw = have(Capability::NetRaw);
            keep_none(Keep { reopening: true }).unwrap();
            assert_eq!(have(Capability::NetRaw), raw, "kept if it was there");
            assert!(!have(Capability::IpcLock));
            keep_none(Keep::default()).unwrap();
            assert_eq!(missing(&Capability::ALL), Capability::ALL);
            let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            assert!(
                status.contains("CapPrm:\t0000000000000000") && status.contains("NoNewPrivs:\t1"),
                "{status}"
            );
        })
        .join()
        .unwrap();
        let text = remedy(&[Capability::NetRaw, Capability::Bpf]);
        assert!(text.contains("setcap cap_net_raw,cap_bpf=eip /"), "{text}");
        assert!(text.contains("AmbientCapabilities=CAP_NET_RAW CAP_BPF"), "{text}");
        let error = drop_to("no-such-user", Keep::default()).unwrap_err();
        assert!(error.contains("no user called no-such-user"), "{error}");
    }

    #[test]
    fn users_are_found() {
        match find("root") {
            Ok(ids) => assert_eq!(ids, (0, 0)),
            Err(error) => eprintln!("skipped: {error}"),
        }
    }
}

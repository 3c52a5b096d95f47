//! The functions of libpcap, found in a library at run time.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_uchar, c_void};
use std::path::{Path, PathBuf};
use std::ptr;

/// `pcap_t`, which only the library knows.
#[repr(C)]
pub(super) struct Handle {
    _private: [u8; 0],
}

/// `struct pcap_pkthdr`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub seconds: c_long,
    /// Microseconds or nanoseconds, by the precision asked for.
    pub fraction: c_long,
    pub captured: u32,
    pub len: u32,
}

/// `struct pcap_stat`, with room for what variants of the library add.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct Stat {
    pub received: u32,
    pub dropped: u32,
    pub interface_dropped: u32,
    rest: [u64; 16],
}

/// `struct bpf_program`; instructions have the layout of the kernel's.
#[repr(C)]
pub(super) struct Program {
    pub len: u32,
    pub instructions: *mut libc::sock_filter,
}

macro_rules! functions {
    ($($(#[$doc:meta])* $field:ident: $name:literal fn($($argument:ty),*) $(-> $result:ty)?;)*
     [$($maybe:ident: $maybe_name:literal fn($($maybe_argument:ty),*) -> $maybe_result:ty;)*]) => {
        /// A loaded library. It stays loaded until the process ends: others may hold pointers into it.
        #[derive(Clone, Copy)]
        pub(super) struct Library {
            $($(#[$doc])* pub $field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            $(pub $maybe: Option<unsafe extern "C" fn($($maybe_argument),*) -> $maybe_result>,)*
        }

        /// Finds all functions in what `dlopen` gave.
        unsafe fn functions(library: *mut c_void) -> Result<Library, String> {
            let find = |name: &CStr| {
                // SAFETY: a library that is loaded and a C string.
                unsafe { libc::dlsym(library, name.as_ptr()) }
            };
            Ok(Library {
                $($field: {
                    let symbol = find($name);
                    if symbol.is_null() {
                        return Err(format!("it has no function {}", $name.to_string_lossy()));
                    }
                    // SAFETY: the function of this name has this signature in every libpcap since 1.0; the symbol is not null.
                    unsafe {
                        std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($argument),*) $(-> $result)?>(symbol)
                    }
                },)*
                $($maybe: {
                    // SAFETY: as above; a null pointer is None of an optional function.
                    unsafe {
                        std::mem::transmute::<*mut c_void, Option<unsafe extern "C" fn($($maybe_argument),*) -> $maybe_result>>(
                            find($maybe_name),
                        )
                    }
                },)*
            })
        }
    };
}

functions! {
    create: c"pcap_create" fn(*const c_char, *mut c_char) -> *mut Handle;
    set_snaplen: c"pcap_set_snaplen" fn(*mut Handle, c_int) -> c_int;
    set_promisc: c"pcap_set_promisc" fn(*mut Handle, c_int) -> c_int;
    set_timeout: c"pcap_set_timeout" fn(*mut Handle, c_int) -> c_int;
    set_buffer_size: c"pcap_set_buffer_size" fn(*mut Handle, c_int) -> c_int;
    activate: c"pcap_activate" fn(*mut Handle) -> c_int;
    next_ex: c"pcap_next_ex" fn(*mut Handle, *mut *mut Header, *mut *const c_uchar) -> c_int;
    stats: c"pcap_stats" fn(*mut Handle, *mut Stat) -> c_int;
    datalink: c"pcap_datalink" fn(*mut Handle) -> c_int;
    setfilter: c"pcap_setfilter" fn(*mut Handle, *mut Program) -> c_int;
    geterr: c"pcap_geterr" fn(*mut Handle) -> *const c_char;
    close: c"pcap_close" fn(*mut Handle);
    lib_version: c"pcap_lib_version" fn() -> *const c_char;
    [
    set_tstamp_precision: c"pcap_set_tstamp_precision" fn(*mut Handle, c_int) -> c_int;
    get_tstamp_precision: c"pcap_get_tstamp_precision" fn(*mut Handle) -> c_int;
    setnonblock: c"pcap_setnonblock" fn(*mut Handle, c_int, *mut c_char) -> c_int;
    get_selectable_fd: c"pcap_get_selectable_fd" fn(*mut Handle) -> c_int;
    ]
}

/// Text of a C string that the library owns; empty for none.
pub(super) fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the library gives null-terminated strings; it is copied before the library is called again.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// Names under which systems have libpcap.
const SYSTEM: [&str; 3] = ["libpcap.so.1", "libpcap.so.0.8", "libpcap.so"];

impl Library {
    /// Loads the library of this path, or the system's.
    pub(super) fn load(path: Option<&Path>) -> Result<Self, String> {
        let names: Vec<PathBuf> = match path {
            Some(path) => vec![path.to_owned()],
            None => SYSTEM.iter().map(PathBuf::from).collect(),
        };
        let mut why = String::new();
        for name in names {
            let c_name =
                CString::new(name.as_os_str().as_encoded_bytes()).map_err(|_| "a path has no zero byte")?;
            // SAFETY: a C string. Loading runs the library's own start code: that is what the user asked for by naming it.
            let library = unsafe { libc::dlopen(c_name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
            if library.is_null() {
                // SAFETY: called right after the failure, in the same thread.
                why = text(unsafe { libc::dlerror() });
                continue;
            }
            // SAFETY: the library was just loaded and is never unloaded.
            return unsafe { functions(library) }.map_err(|why| format!("{}: {why}", name.display()));
        }
        let hint = if path.is_none() { "; install the package libpcap0.8 or libpcap" } else { "" };
        Err(format!("the library cannot be loaded: {why}{hint}"))
    }

    /// What it says of itself.
    pub(super) fn version(&self) -> String {
        // SAFETY: takes nothing and gives a static string.
        text(unsafe { (self.lib_version)() })
    }

    /// The file that its functions came from.
    pub(super) fn file(&self) -> String {
        let mut info = libc::Dl_info {
            dli_fname: ptr::null(),
            dli_fbase: ptr::null_mut(),
            dli_sname: ptr::null(),
            dli_saddr: ptr::null_mut(),
        };
        // SAFETY: the address of a function; the structure lives through the call.
        unsafe { libc::dladdr(self.create as *const c_void, &raw mut info) };
        text(info.dli_fname)
    }
}

//! Builds again when the viewer was built: its files are embedded.

fn main() {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    // Cargo sees a folder being filled, and not one that appears: it would run this script every time. A source tree
    // that cannot be written to has no viewer built in it later either.
    let _ = std::fs::create_dir_all(&dist);
    println!("cargo::rerun-if-changed={}", dist.display());
}

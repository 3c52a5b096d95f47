//! Builds again when the viewer was built: its files are embedded.

fn main() {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    // A path that does not exist would make Cargo run this script every time; watch the folder above it instead.
    let watched = if dist.exists() { dist } else { dist.with_file_name("index.html") };
    println!("cargo::rerun-if-changed={}", watched.display());
}

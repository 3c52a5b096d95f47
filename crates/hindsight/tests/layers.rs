//! A crate depends only on lower layers.

use serde_json::Value;
use std::collections::HashMap;
use std::process::Command;

#[test]
fn crates_depend_downward() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let layer: HashMap<&str, u64> = packages
        .iter()
        .map(|p| {
            let name = p["name"].as_str().unwrap();
            (name, p["metadata"]["layer"].as_u64().unwrap_or_else(|| panic!("{name} declares no layer")))
        })
        .collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            if other == name {
                continue;
            }
            if let Some(below) = layer.get(other)
                // tests may use a neighbour: the server's run on the real catalogue
                && (*below > layer[name] || (*below == layer[name] && dependency["kind"] != "dev"))
            {
                wrong.push(format!("{name} (layer {}) depends on {other} (layer {below})", layer[name]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(layer.len() > 10, "metadata lists the workspace");
}

//! The rules that come with the program, in the same form as everybody's. Written from the public documents of the protocols, products and
//! attacks that they name; `default/examples.json` has for each a payload that hits and one that does not.

use crate::rule::{Category, Problem, Rule, read_file};
use std::path::Path;

/// The files, by category.
pub const DEFAULT_FILES: [(Category, &str); 5] = [
    (Category::Service, include_str!("../default/service.json")),
    (Category::Device, include_str!("../default/device.json")),
    (Category::Os, include_str!("../default/os.json")),
    (Category::Midware, include_str!("../default/midware.json")),
    (Category::Threat, include_str!("../default/threat.json")),
];

/// The rules that come with the program. There is no problem with any of them.
pub fn default_rules(problems: &mut Vec<Problem>) -> Vec<Rule> {
    let read = |(category, text): (Category, &str)| {
        let path = format!("default/{category}.json");
        read_file(category, Path::new(&path), text.as_bytes(), problems)
    };
    DEFAULT_FILES.into_iter().flat_map(read).collect()
}

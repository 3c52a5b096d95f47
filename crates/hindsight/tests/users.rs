//! `hindsight user` with the real binary.

mod support;

use support::Home;

#[test]
fn users_are_managed_from_the_command_line() {
    let home = Home::new();
    let first = home.run(&["user", "add", "alice"]);
    assert!(first.code == 1 && first.err.contains("--role superAdmin"), "{}", first.err);
    let first = home.run(&["user", "password", "root"]);
    assert!(first.code == 0 && first.err.contains("super administrator"), "{}", first.err);
    let password =
        home.ok(&["user", "add", "alice", "--name", "Alice", "--role", "arkimeUser", "--role", "mcpUser"]);
    assert!(password.trim().len() >= 20, "{password}");
    let list = home.ok(&["user", "list"]);
    assert_eq!(list, "alice\tarkimeUser,mcpUser\t\tAlice\nroot\tsuperAdmin\t\troot\n");
    let list = home.ok(&["user", "list", "--json"]);
    let json: serde_json::Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    assert!(json["userId"] == "alice" && json.get("passStore").is_none());
    let twice = home.run(&["user", "add", "alice"]);
    assert!(twice.code == 1 && twice.err.contains("there is a user alice already"), "{}", twice.err);
    let unknown = home.run(&["user", "roles", "alice", "king"]);
    assert!(unknown.code == 1 && unknown.err.contains("there is no role king"), "{}", unknown.err);
    home.ok(&["user", "roles", "alice", "superAdmin"]);
    home.ok(&["user", "remove", "root"]);
    let last = home.run(&["user", "remove", "alice"]);
    assert!(last.code == 1 && last.err.contains("only super administrator"), "{}", last.err);
    assert_ne!(home.ok(&["user", "password", "alice"]), password);

    let token = home.ok(&[
        "user",
        "token",
        "add",
        "alice",
        "--name",
        "nightly",
        "--scope",
        "read,export",
        "--days",
        "7",
    ]);
    assert!(token.starts_with("hst_"), "{token}");
    let list = home.ok(&["user", "token", "list"]);
    let columns: Vec<&str> = list.trim().split('\t').collect();
    assert_eq!(columns.get(1..3), Some(["alice", "read,export"].as_slice()), "{list}");
    assert!(columns[3].starts_with("until ") && columns.get(5) == Some(&"nightly"), "{list}");
    assert!(!list.contains(token.trim()) && list.contains("never used"));
    home.ok(&["user", "token", "revoke", columns[0]]);
    assert_eq!(home.ok(&["user", "token", "list"]), "");
    assert_eq!(home.run(&["user", "token", "revoke", "x"]).code, 1);
    let scope = home.run(&["user", "token", "add", "alice", "--name", "x", "--scope", "all"]);
    assert!(scope.code == 2 && scope.err.contains("no scope"), "{}", scope.err);
    let none = home.run(&["user", "totp", "off", "alice"]);
    assert!(none.code == 1 && none.err.contains("has no second factor"), "{}", none.err);

    home.ok(&["user", "add", "bob", "--role", "superAdmin"]);
    home.ok(&["user", "remove", "alice"]);
    assert!(home.ok(&["user", "list"]).starts_with("bob\t"));
}

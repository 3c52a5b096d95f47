//! The search language from the outside: what each form of it finds, and what it says about what it refuses.

use fields::{Aspect, Schema, Target};
use query::*;
use session::{SessionDoc, core};

/// Fields of the kinds that the core has none of.
mod sample {
    use fields::Right;
    use fields::Transform;
    fields::fields! { "sample";
        /// Host names.
        HOST: Lower = "host.http" @ "http.host", "Hostname".transform(Transform::Host).tokens().aliases(&["http.host"]);
        /// More host names.
        DNS_HOST: Lower = "host.dns" @ "dns.host", "Host".transform(Transform::Host);
        /// Addresses without a port.
        DNS_IP: Ip = "ip.dns" @ "dns.ip", "IP";
        /// A URI.
        URI: Term = "http.uri" @ "http.uri", "URI".transform(Transform::Uri).tokens();
        /// Somebody's mail.
        SUBJECT: Term = "email.subject" @ "email.subject", "Subject".right(Right::EmailSearch);
        /// Where mail came from.
        MAIL_HOST: Lower = "host.email" @ "email.host", "Host".right(Right::EmailSearch);
        /// When it begins to be valid.
        NOT_BEFORE: Time = "cert.notbefore" @ "cert.notBefore", "Not Before";
    }
}

const NOW: i64 = 1_393_410_477_000; // 2014-02-26 10:27:57 UTC

struct Known;
impl Shortcuts for Known {
    fn names(&self) -> Vec<String> {
        ["ips", "names", "numbers", "ports"].map(String::from).to_vec()
    }
    fn get(&self, name: &str) -> Option<Shortcut> {
        let (kind, values): (_, &[&str]) = match name {
            "ips" => (ShortcutKind::Ip, &["10.0.0.1", "192.168.0.0/16"]),
            "names" => (ShortcutKind::Text, &["Alice", "b*b"]),
            "numbers" | "ports" => (ShortcutKind::Number, &["80", "443"]),
            _ => return None,
        };
        Some(Shortcut { kind, values: values.iter().map(ToString::to_string).collect() })
    }
}
impl Views for Known {
    fn names(&self) -> Vec<String> {
        vec!["web".into()]
    }
    fn get(&self, name: &str) -> Option<String> {
        Some(match name {
            "web" => "port.dst == [80,443]".into(),
            "both" => "view == web && tags == a".into(),
            "loop" => "view == loop".into(),
            "broken" => "port.dst == abc".into(),
            _ => return None,
        })
    }
}
impl Files for Known {
    fn find(&self, path: &dyn Fn(&str) -> bool) -> Vec<(String, u32)> {
        let all = [("/a/b1.pcap", 1), ("/a/b2.pcap", 2), ("/c d.pcap", 3)];
        all.iter().filter(|(name, _)| path(name)).map(|(_, number)| ("node".to_owned(), *number)).collect()
    }
}

fn schema() -> Schema {
    Schema::new([core::FIELDS, session::perf::FIELDS, sample::FIELDS]).unwrap()
}

fn with<T>(run: impl FnOnce(&Env<'_>) -> T) -> T {
    let schema = schema();
    let zone = TimeZone::UTC;
    let mut env = Env::new(&schema, NOW, &zone);
    (env.shortcuts, env.views, env.files) = (&Known, &Known, &Known);
    run(&env)
}

fn plan(text: &str) -> Plan {
    with(|env| compile(text, env)).unwrap_or_else(|error| panic!("{text}: {error}"))
}
fn error(text: &str) -> String {
    match with(|env| compile(text, env)) {
        Ok(plan) => panic!("{text}: {plan:?}"),
        Err(error) => error.to_string(),
    }
}

/// A web session of 10.0.0.1:4000 to 192.168.1.2:80.
fn web() -> SessionDoc {
    let mut doc = SessionDoc::new();
    doc.id = "140226-AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
    doc.add(&core::NODE, "node");
    doc.add(&core::SRC_IP, "10.0.0.1".parse().unwrap());
    doc.add(&core::SRC_PORT, 4000);
    doc.add(&core::DST_IP, "192.168.1.2".parse().unwrap());
    doc.add(&core::DST_PORT, 80);
    doc.add(&core::IP_PROTOCOL, 6);
    doc.add(&core::BYTES, 12_345_678);
    doc.add(&core::START_TIME, NOW + 250);
    doc.add(&core::STOP_TIME, NOW + 2_000);
    doc.add(&core::LENGTH, 1_750);
    doc.add(&core::SRC_MAC, "00:11:22:33:44:55");
    doc.add(&core::SRC_COUNTRY, "USA");
    doc.add(&core::SRC_PAYLOAD8, "474554202f20");
    doc.add(&core::TCP_SYN_VALIDATED, true);
    doc.add(&session::perf::HTTP_TIME, 2_500_000);
    doc.protocol("tcp");
    doc.protocol("http");
    for tag in ["a", "b", "Mixed Case", "star*"] {
        doc.tag(tag);
    }
    doc.add(&sample::HOST, "www.example.com");
    doc.add(&sample::HOST, "cdn.example.net");
    doc.add(&sample::DNS_IP, "2001:db8::1".parse().unwrap());
    doc.add(&sample::URI, "www.example.com/Index.html?q=1");
    doc.add(&core::USER, "alice");
    doc.positions.push(2, &mut 0, 24, None);
    doc
}

fn finds(text: &str) -> bool {
    let (plan, doc) = (plan(text), web());
    let answer = plan.matches(&doc);
    assert_eq!(Matcher::new(&plan).unwrap().matches(&doc), answer, "{text}");
    assert_eq!(plan.clone().simplify(), plan, "{text}: not simple");
    answer
}

#[track_caller]
fn all(texts: &[&str]) {
    for text in texts {
        assert!(finds(text), "not found: {text}");
        assert!(!finds(&format!("!({text})")), "found by the opposite: {text}");
    }
}
#[track_caller]
fn none(texts: &[&str]) {
    for text in texts {
        assert!(!finds(text), "found: {text}");
    }
}

#[test]
fn structure() {
    assert_eq!(plan(""), Plan::All);
    assert_eq!(plan("  \n "), Plan::All);
    all(&[
        "tags == a || tags == x && tags == y",
        "(tags == a || tags == x) && tags == b",
        "tags==a&&tags==b",
        "tags=a & tags=b",
        "tags=x | tags=b",
        "!tags == x",
        "!!tags == a",
        "!(tags == x || tags == y)",
        "(tags==a||tags==x)&&!tags==c",
        "tags == a and not tags == x",
        "tags == x OR tags == b",
        "port.dst in [80,443]",
        "port.dst not in [81,443]",
        "ip.dst in 192.168/16",
        "not (tags == x)",
    ]);
    none(&[
        "tags == x || tags == a && tags == y",
        "(tags == a || tags == x) && tags == y",
        "port.dst in [81]",
    ]);
}

#[test]
fn addresses() {
    all(&[
        "ip.src == 10.0.0.1",
        "ip.src == 10.0.0.0/8:4000",
        "ip.src == 10.0.0.1:4000",
        "ip.src == 10.0.0.1:",
        "ip.src == 10",
        "ip.src == 10.",
        "ip.src == :4000",
        "ip.src==\":4000\"",
        "ip == 192.168.1/25",
        "ip==[1,192]",
        "ip==[1,192.168.1.2:80]",
        "ip == 10.0.0.1:4000",
        "ip == :80",
        "ip == 2001:db8::/32",
        "ip == 2001:db8",
        "ip.src != 10.0.0.1:4001",
        "ip.src == ipv4",
        "ip.dns == ipv6",
        "ip.src != ipv6",
        "ip.src < 10.0.0.2",
        "ip.src <= 10.0.0.1",
        "ip.src > 9.255.255.255",
        "ip.src >= 10.0.0.0/8",
        "ip.src <= 10.0.0.0/8",
        "ip.src > ::1",
        "ip.src < 2001:db8::",
        "ip.dns > 10.0.0.0",
        "ip==]10.0.0.1,192.168.1.2[",
        "ip==]10,192,2001:db8::1[",
        "ip.src == 10.0.0.0-10.0.0.5",
        "srcIp == 10.0.0.1",
        "source.ip == 10.0.0.1",
        "db:source.ip == 10.0.0.1",
        "ip == EXISTS!",
        "outerip != EXISTS!",
        "outerip.src != 10.0.0.1",
    ]);
    none(&[
        "ip==[1,2]",
        "ip == 10.0.0.1:80",
        "ip != ipv6",
        "ip == 192.168.1.2:4000",
        "ip.src == 10.0.0.1:80",
        "ip != 10.0.0.1",
        "ip==]10.0.0.1,9.9.9.9[",
        "ip.src > 10.0.0.0/8",
        "ip.src < 10.0.0.0/8",
        "ip.src > 2001:db8::",
        "ip.src < ::1",
        "ip.dns < 10.0.0.0",
        "ip == 2001:db8::1.80",
        "outerip == EXISTS!",
    ]);
}

#[test]
fn numbers() {
    all(&[
        "port == 80",
        "port==[80,443-445]",
        "port.dst == 79-81",
        "port==]80,4000[",
        "port != 81",
        "port.src > 3999",
        "bytes > 10MB",
        "bytes < 12MiB",
        "bytes == 12345678",
        "bytes == 12MB-13MB",
        "bytes != -10--5",
        "bytes >= 12345678",
        "perf.http.time > 2s",
        "perf.http.time == 2500ms",
        "perf.http.time < 2.6s",
        "perf.http.time > 2499999",
        "session.length > 1s",
        "session.length == 1750",
        "ip.protocol == tcp",
        "ip.protocol == 6",
        "ip.protocol == [udp,tcp]",
        "tags.cnt == 4",
        "protocols.cnt == 2-3",
        "tcp.synValidated == true",
        "tcp.synValidated == 1",
        "db:tagsCnt > 3",
        "db:network.bytes > 1",
    ]);
    none(&[
        "bytes<=-1",
        "port==]80,1234[",
        "port == 8080",
        "ip.protocol == udp",
        "tcp.synValidated == false",
        "user.cnt == 0",
    ]);
}

#[test]
fn texts() {
    all(&[
        "host==*.com",
        "host == /.*\\.com/",
        "host.http==[a,/c.*/,\"x*\"]",
        "host.http == WWW.example.COM",
        "host.http == http://www.example.com/path",
        "host.http == /WWW\\.\\D+\\.COM/",
        "host.http.tokens == \"example com\"",
        "host.http.tokens == Example",
        "http.uri==\"http://www.example.com/Index.html?q=1\"",
        "http.uri == www.example.com/Index.html?q*",
        "http.uri.tokens == \"index html\"",
        "tags==]a,b[",
        "tags==]a,/M.*/[",
        "tags == \"Mixed Case\"",
        "tags == \"Mixed*\"",
        "tags == \"star\\\\*\"",
        "tags == [x,\"Mixed Case\"]",
        "tags == [x,Mixed Case]",
        "tags == /[ab]/",
        "tags != ]a,x[",
        "protocols==EXISTS!",
        "protocol == http",
        "country==[usa,can]",
        "country.src == us*",
        "mac==00-11-22-33-44-55",
        "mac.src == 00:11:22:33:44:55",
        "user == ALICE",
        "payload8.src.utf8 == GET",
        "payload8.utf8 == \"GET /\"",
        "payload8.src.hex == 474554*",
        "payload8.src.utf8 == \"*ET*\"",
        "host.http == ???.example.n*",
        "http.host == www.example.com",
    ]);
    none(&[
        "tags == A",
        "tags == mixed*",
        "host.http == www.example",
        "host.http == example",
        "host.http == /example/",
        "host.http == ???.example.net",
        "host.http.tokens == \"com example\"",
        "tags==]a,x[",
        "tags != a",
        "tags != [x,a]",
        "asset == EXISTS!",
        "host.dns == EXISTS!",
        "payload8.dst.utf8 == GET",
    ]);
}

#[test]
fn times() {
    all(&[
        "starttime>=\"2014/02/26 10:27:57\"",
        "starttime==\"2014/02/26 10:27:57\"",
        "starttime == 1393410477",
        "starttime < \"2014/02/26 10:27:58\"",
        "starttime > -1m",
        "starttime > @d && stoptime < +1d",
        "starttime == [\"2014/02/26 10:27:57\",@y]",
        "starttime == \"2014-02-26T10:27:57.250Z\"",
        "cert.notbefore != EXISTS!",
    ]);
    none(&[
        "starttime == \"2014/02/26 10:27:58\"",
        "starttime < -1m",
        "starttime == \"2014-02-26T10:27:57.251Z\"",
    ]);
}

#[test]
fn shortcuts_views_files_ids() {
    all(&[
        "ip == $ips",
        "ip.src == [$ips,1.2.3.4]",
        "port.dst == $numbers",
        "port.dst == $n?mber*",
        "port.dst == [81,$numbers,$ports]",
        "user == $names",
        "tags != $names",
        "view == web",
        "view == both",
        "view != web || tags == a",
        "file==\"/a/b*.pcap\"",
        "file == /a/b2.pcap",
        "file == /.*b2.pcap/",
        "file != /a/b1.pcap",
        "id == 140226-AAAAAAAAAAAAAAAAAAAAAA",
        "id == [3@140226-AAAAAAAAAAAAAAAAAAAAAA,140226-AAAAAAAAAAAAAAAAAAAAAQ]",
        "id != 140226-BAAAAAAAAAAAAAAAAAAAAA",
    ]);
    none(&["file == \"/c d.pcap\"", "user == \"$names\"", "id != 140226-AAAAAAAAAAAAAAAAAAAAAA"]);
}

#[test]
fn errors_name_the_place() {
    for (text, wanted) in [
        ("port.src == abc", "column 13: port.src takes a number; abc is not a number"),
        ("tags == é && port.src == abc", "column 26: port.src takes a number; abc is not a number"),
        ("prot.src == 1", "column 1: Unknown field prot.src (did you mean port.src?)"),
        ("src.ip == 1", "column 1: Unknown field src.ip (did you mean ip.src?)"),
        ("db:nonsense == 1", "column 1: Unknown field db:nonsense"),
        ("tags > a", "column 8: Invalid operator '>' for tags (tags is text: compare with == or !=)"),
        ("ip.src == 1a", "column 11: ip.src takes an address: 1a not a valid ip"),
        ("ip.src == 10.0.0.1:80x", "column 11: ip.src takes an address: 80x not a valid port"),
        ("ip.dns == 10.0.0.1:80", "column 11: ip.dns doesn't support port"),
        (
            "ip == /10.*/",
            "column 7: 10.* - Regex not supported for ip queries (write a network: 10.0.0.0/8, or 10.1)",
        ),
        (
            "ip == 10.*",
            "column 7: 10.* - Wildcard not supported for ip queries (write a network: 10.0.0.0/8, or 10.1)",
        ),
        (
            "ip < [1,2]",
            "column 6: List queries not supported for gt/lt queries - [1,2] (compare with one value)",
        ),
        ("bytes < 1-2", "column 9: < takes one number, not the range 1-2"),
        ("bytes == 2-1", "column 10: the range 2-1 runs backwards"),
        (
            "port == 10MB",
            "column 9: port takes a number; 10MB is not a number (this field counts something without a unit)",
        ),
        ("port == /8.*/", "column 9: port takes a number; a regular expression (/8.*/) works on text only"),
        ("ip.protocol == foo", "column 16: Unknown protocol string foo"),
        ("tags == *", "column 9: a bare * matches every value (write tags == EXISTS!)"),
        ("tags > EXISTS!", "column 8: EXISTS! goes with == and != only"),
        (
            "user == /a/b/",
            "column 9: a slash inside a regular expression needs a backslash before it (write /a\\/b/ for the expression a/b, or quote a path)",
        ),
        ("user == /a(/", "column 9: not a regular expression: unclosed group"),
        ("user == $nobody", "column 9: nobody - Shortcut not found"),
        ("user == $ips", "column 9: $ips - shortcut must be of type string"),
        ("port > $numbers", "column 8: Shortcuts only support == and !="),
        ("user == ]$names,a[", "column 10: $names - AND array not supported with shortcuts"),
        ("view == nope", "column 9: nope - View not found for user"),
        ("view == loop", "column 9: in view loop: column 9: in view loop: column 9:"),
        (
            "view == broken",
            "column 9: in view broken: column 13: port.dst takes a number; abc is not a number",
        ),
        ("file == nope", "column 9: File 'nope' not found"),
        ("file == [a,b]", "column 9: file takes one path, no list (join several with ||, or use a wildcard)"),
        ("starttime == soon", "column 14: starttime takes a time: `soon` is not a time"),
        ("id == x", "column 7: `x` is not a session id"),
        (
            "tags == a b",
            "column 11: expected && or || before `b` (a value with spaces or other signs needs quotes: \"…\")",
        ),
        ("tags == a &&", "column 13: the query ends where a field is expected"),
        ("tags ==", "column 8: a value for tags is missing"),
        ("(tags == a", "column 1: `(` is not closed (add `)`)"),
        ("tags == a)", "column 10: `)` closes nothing"),
        ("tags == [a,b", "column 9: `[` is not closed (add `]`)"),
        ("tags == []", "column 9: the list is empty"),
        ("tags == [a,,b]", "column 12: a value of the list is missing"),
        ("tags == \"a", "column 9: `\"` is not closed"),
        ("tags == a,b", "column 10: `,` cannot stand here unquoted (a list is written [a,b])"),
        ("tags == 50%", "column 11: `%` cannot stand here unquoted (put the value in quotes: \"…\")"),
        (
            "tags ＝ a",
            "column 6: `＝` cannot stand here unquoted (this is a full-width or typographic character: type the ASCII one)",
        ),
        ("tags =~ a", "column 6: `=~` is no operator"),
        ("tags contains a", "column 6: expected an operator, not `contains` (write `tags == *text*`)"),
        (
            "http",
            "column 1: expected an operator after http (write `http == EXISTS!`, or `protocols == http` for a protocol)",
        ),
        ("10.0.0.1", "column 1: expected an operator after 10.0.0.1 (write `ip == 10.0.0.1`)"),
        ("== a", "column 1: expected a field, not `==`"),
        ("port in (80)", "column 9: expected a value for port, not `(` (a list is written [a,b])"),
        ("tcp.synValidated == maybe", "column 21: tcp.synValidated takes true or false, not maybe"),
        ("host.http.tokens == \"--\"", "column 21: host.http.tokens takes words"),
    ] {
        let said = error(text);
        assert!(said.starts_with(wanted), "{text}:\n  {said}\n  {wanted}");
    }
}

#[test]
fn rights_are_asked_for() {
    let schema = schema();
    let zone = TimeZone::UTC;
    let mut env = Env::new(&schema, NOW, &zone);
    assert!(compile("email.subject == x", &env).is_ok());
    env.rights = &[];
    let error = compile("email.subject == x", &env).unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
    // a family means the fields that one may search
    let family = compile("host == x", &env).unwrap();
    assert!(!format!("{family:?}").contains("email"), "{family:?}");
}

#[test]
fn bounds_hold() {
    let deep = |n: usize| "(".repeat(n) + "tags == a" + &")".repeat(n);
    assert!(with(|env| compile(&deep(MAX_DEPTH - 1), env)).is_ok());
    assert!(error(&deep(100_000)).contains("nested deeper"));
    assert!(error(&("!".repeat(100_000) + "tags == a")).contains("nested deeper"));
    assert!(error(&("tags == ".to_owned() + &"a".repeat(MAX_LENGTH))).contains("longer than"));
    let wide = vec!["tags == a"; 50_000].join(" && ");
    assert!(with(|env| compile(&wide, env)).is_ok());
    let many = vec!["tags == /a.*/"; 1_000].join(" || ");
    assert!(error(&many).contains("regular expressions"));
}

#[test]
fn simple_plans() {
    let target = |field: &'static fields::Def| Target { def: field, aspect: Aspect::Value };
    let ints = |field, ranges: &[(i64, i64)]| Plan::leaf(target(field), Test::Ints(ranges.to_vec()));
    let port = &core::DST_PORT.def;
    assert_eq!(
        plan("port.dst == 80 || port.dst == 81 || port.dst == [443,82-90]"),
        ints(port, &[(80, 90), (443, 443)])
    );
    assert_eq!(plan("port.dst > 10 && port.dst <= 20"), ints(port, &[(11, 20)]));
    assert_eq!(plan("port.dst > 10 && port.dst < 5"), Plan::Nothing);
    assert_eq!(plan("port.dst > 10 && !(port.dst > 10 && port.dst < 5)"), ints(port, &[(11, i64::MAX)]));
    // two values of one field may meet one test each
    assert!(matches!(plan("vlan > 10 && vlan < 5"), Plan::And(_)));
    assert_eq!(plan("!!tags == a"), plan("tags == [a,a]"));
    assert!(matches!(plan("tags == a && tags == a"), Plan::Leaf(_)));
}

mod printing {
    use super::*;
    use proptest::prelude::*;

    fn spanned<T>(node: T) -> Spanned<T> {
        Spanned { node, span: 0..0 }
    }
    fn item() -> impl Strategy<Value = Item> {
        prop_oneof![
            "[-+a-z0-9_.@:*?$é][-+a-z0-9_.@:*?/$é]{0,8}".prop_map(Item::Word),
            "\\PC{0,8}".prop_map(Item::Quoted),
            "([^\\\\/\\r\\n]|/|\\\\[a-z.]){1,6}".prop_map(Item::Regex),
        ]
    }
    fn value() -> impl Strategy<Value = query::Value> {
        prop_oneof![
            4 => item().prop_map(query::Value::One),
            1 => Just(query::Value::Exists),
            2 => (any::<bool>(), prop::collection::vec(item().prop_map(spanned), 1..4))
                .prop_map(|(all, items)| query::Value::List { all, items }),
        ]
    }
    fn expr() -> impl Strategy<Value = Expr> {
        let op =
            prop_oneof![Just(Op::Eq), Just(Op::Ne), Just(Op::Lt), Just(Op::Le), Just(Op::Gt), Just(Op::Ge)];
        let test = ("[a-z][a-z0-9.]{0,8}", op, value()).prop_map(|(field, op, value)| Expr::Test {
            field: spanned(field),
            op,
            value: spanned(value),
        });
        test.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
                inner.prop_map(|e| Expr::Not(Box::new(e))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_printed_reads_back(expr in expr()) {
            let text = expr.to_string();
            prop_assert_eq!(parse(&text).map_err(|e| format!("{text}: {e}")).unwrap(), Some(expr), "{}", text);
        }
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = with(|env| compile(&text, env));
        }
        #[test]
        fn no_text_near_the_grammar_makes_it_panic(
            text in "(tags|ip|port.src|starttime|bytes|host|file|view|id|==|!=|<=|>| |[|]|\\(|\\)|\"|/|,|\\\\|1|-|:|\\.|\\*|\\$ips|&&|or|!|EXISTS!|é|10.0.0.1|@d){0,14}"
        ) {
            if let Err(error) = with(|env| compile(&text, env)) {
                prop_assert!(text.get(error.span.clone()).is_some());
                prop_assert!(error.column <= text.chars().count() + 1);
            }
        }
        #[test]
        fn simple_means_the_same(text in "(tags == (a|b|x)|port\\.dst (>|<|==|!=) (79|80|81)|ip\\.src == 10|!tags == a)( (&&|\\|\\|) (tags == (a|b|x)|port\\.dst (>|<|==|!=) (79|80|81)|ip\\.src == 10|!tags == a)){0,5}") {
            // the parts one by one against the whole
            fn slow(expr: &Expr, doc: &SessionDoc) -> bool {
                match expr {
                    Expr::And(parts) => parts.iter().all(|p| slow(p, doc)),
                    Expr::Or(parts) => parts.iter().any(|p| slow(p, doc)),
                    Expr::Not(inner) => !slow(inner, doc),
                    test => plan(&test.to_string()).matches(doc),
                }
            }
            let expr = parse(&text).unwrap().unwrap();
            prop_assert_eq!(plan(&text).matches(&web()), slow(&expr, &web()), "{}", text);
        }
    }
}

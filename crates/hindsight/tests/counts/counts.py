#!/usr/bin/env python3
"""Asks a server thousands of questions and compares its counts with those that documents imply.

The server holds the corpus (imported with --complete as node `test`) and runs with --regression-tests. The meaning of
an expression is written here a second time, small and slow, from the reference page of the language; nothing of the
server is used. Each expression is evaluated over two sets of documents:

  ours    the documents that the server itself exports. A difference is a fault of the language or of the index, and
          fails the test.
  theirs  the `.test` documents of the corpus. A difference that `ours` does not show comes from a parser that does not
          reproduce a document; it is counted and shown by field.

usage: counts.py URL CORPUS FIELDS_TSV [--count N] [--seed N] [--show N] [--theirs MAX_PERCENT]
"""

import argparse
import csv
import http.client
import ipaddress
import json
import pathlib
import random
import re
import sys
import urllib.parse
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

BARE = re.compile(r"^[-+a-zA-Z0-9_.@:*?$][-+a-zA-Z0-9_.@:*?/$]*$")
PROTOCOLS = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "icmp6": 58, "icmpv6": 58,
             "ospf": 89, "pim": 103, "sctp": 132}


# ---- documents -----------------------------------------------------------------------------------------------------

def flatten(value, prefix, out):
    """Dotted path to every value, lists and objects of lists opened."""
    if isinstance(value, dict):
        for key, inner in value.items():
            flatten(inner, f"{prefix}.{key}" if prefix else key, out)
    elif isinstance(value, list):
        for inner in value:
            flatten(inner, prefix, out)
    elif value is not None:
        out[prefix].append(value)


class Doc:
    """One session: values by path, and the name of its capture."""

    def __init__(self, body, file):
        self.values = defaultdict(list)
        flatten(body, "", self.values)
        self.file = file

    def get(self, path):
        return self.values.get(path, [])


# ---- fields --------------------------------------------------------------------------------------------------------

class Field:
    def __init__(self, row):
        self.exp, self.path, self.type = row["exp"], row["dbField"], row["type"]
        extra = row["extra"] or ""
        found = lambda name: (m := re.search(rf"(?:^| ){name}=(\S+)", extra)) and m.group(1)
        self.port = found("portFieldECS") or found("portField2")
        self.transform = found("transform")
        regex = re.search(r"regex=(\(.*\)|\S+)", extra)
        self.regex = re.compile(regex.group(1).split(" ")[0]) if regex else None
        if self.exp in ("starttime", "stoptime", "dbTimestamp"):
            self.type = "date"
        if self.exp in ("outerip", "ip.dns.all"):
            self.type = "ip"
        if self.exp == "ip.protocol":
            self.type = "ipProtocol"
        if self.type == "lotextfield":
            self.path = self.path.removesuffix("Tokens")
        if self.exp.endswith(".utf8"):
            self.transform = "utf8ToHex"
        if self.exp.startswith("host.") or self.exp.endswith(".host"):
            self.transform = self.transform or "host"
        if self.exp == "http.uri":
            self.transform = "uri"

    @property
    def fold(self):
        return {"lotermfield": str.lower, "lotextfield": str.lower, "uptermfield": str.upper}.get(self.type, str)


def load_fields(path):
    fields = {}
    for row in csv.DictReader(open(path), delimiter="\t"):
        if row["exp"] not in ("-", "file", "view", "id", "dbTimestamp", "rootId") and row["derived"] not in ("doconly", "plugin"):
            fields[row["exp"]] = Field(row)
    for field in fields.values():
        if field.exp == "ip":
            field.members = [f for f in fields.values() if f.type == "ip" and f.exp not in ("ip", "ip.dns.all")]
        elif field.regex:
            field.members = [f for f in fields.values() if field.regex.search(f.exp) and not f.regex
                             and (f.type == "ip") == (field.type == "ip")]
        else:
            field.members = None
    return fields


# ---- the meaning of one comparison ---------------------------------------------------------------------------------

def as_number(ip):
    """Addresses are ordered as 128-bit numbers, IPv4 as IPv4-mapped IPv6."""
    return int(ip) if ip.version == 6 else int(ip) + (0xFFFF << 32)


def read_ip(text):
    """((low, high) or None, port or None) of an address literal."""
    if text in ("ipv4", "ipv6"):
        net = ipaddress.ip_network("0.0.0.0/0" if text == "ipv4" else "::/0")
        low, high = as_number(net[0]), as_number(net[-1])
        return (low, high), None, net.version
    version = 6 if text.count(":") > 1 else 4
    if version == 6:
        net, _, port = text.partition(".")
    else:
        net, _, port = text.partition(":")
        if net.startswith(".") and not port:
            net, port = "", net[1:]
    port = int(port) if port else None
    if not net:
        return None, port, None
    net, _, bits = net.partition("/")
    if version == 4:
        parts = [p for p in net.split(".") if p != ""]
        bits = int(bits) if bits else 8 * len(parts)
        net = ".".join(parts + ["0"] * (4 - len(parts)))
    else:
        try:
            ipaddress.ip_address(net)
            bits = int(bits) if bits else 128
        except ValueError:
            parts = [p for p in net.split(":") if p != ""]
            bits = int(bits) if bits else 16 * len(parts)
            net = ":".join(parts) + "::"
    network = ipaddress.ip_network(f"{net}/{bits}", strict=False)
    return (as_number(network[0]), as_number(network[-1])), port, network.version


def compare(op, value, low, high):
    return {"==": low <= value <= high, "<": value < low, "<=": value <= high,
            ">": value > high, ">=": value >= low}[op]


def wildcard(pattern):
    """`*` is any run and `?` one character. A backslash is itself, but for those right before one of these: of them
    two are one, and a single one makes the sign an ordinary character."""
    out = []
    for part in re.finditer(r"(\\*)([*?])|(.)", pattern, re.S):
        slashes, sign, other = part.groups()
        if other is not None:
            out.append(re.escape(other))
            continue
        out.append(re.escape("\\" * (len(slashes) // 2)))
        out.append(re.escape(sign) if len(slashes) % 2 else ".*" if sign == "*" else ".")
    return re.compile("".join(out), re.S)


def transform(field, text):
    if field.transform == "dash2Colon":
        return text.replace("-", ":")
    if field.transform == "uri":
        return re.sub(r"^https?://", "", text)
    if field.transform == "host":
        return re.sub(r"^[a-zA-Z]*://", "", text).split("/")[0] if "/" in text else text
    return text


def words(text):
    return re.findall(r"\w+", text.lower())


def text_test(field, kind, text):
    """A test of one stored string."""
    if kind == "regex":
        regex = re.compile(field.fold(text) if "\\" not in text else text, re.S)
        return lambda v: regex.fullmatch(v) is not None
    if field.transform == "utf8ToHex":
        wanted = text.encode().hex()[:16]
        return lambda v: v.startswith(wanted)
    text = field.fold(transform(field, text))
    if field.type == "lotextfield" and "*" not in text:
        phrase = words(text)
        def has(v):
            ws = words(v)
            return any(ws[i:i + len(phrase)] == phrase for i in range(len(ws) - len(phrase) + 1))
        return has
    if "*" in text:
        regex = wildcard(text)
        return lambda v: regex.fullmatch(v) is not None
    return lambda v: v == text


def one(field, op, kind, text):
    """A test of a whole document."""
    path = field.path
    if kind == "exists":
        return lambda doc: bool(doc.get(path))
    if field.type == "ip":
        span, port, version = read_ip(text)
        def test(doc):
            if port is not None and (not field.port or not any(int(p) == port for p in doc.get(field.port))):
                return False
            if span is None:
                return True
            for value in doc.get(path):
                ip = ipaddress.ip_address(value)
                if op == "==" and ip.version != version:
                    continue
                if compare(op, as_number(ip), *span):
                    return True
            return False
        return test
    if field.type == "date":
        if re.fullmatch(r"\d+", text):
            low = int(text) * 1000
        else:
            when = datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=timezone.utc)
            low = int(when.timestamp()) * 1000
        # equal means within the second; an order compares milliseconds
        high = low + 999 if op == "==" else low
        return lambda doc: any(compare(op, int(v), low, high) for v in doc.get(path))
    if field.type in ("integer", "ipProtocol"):
        if field.type == "ipProtocol" and text.lower() in PROTOCOLS:
            low = high = PROTOCOLS[text.lower()]
        else:
            match = re.fullmatch(r"(-?\d+)(?:-(-?\d+))?", text)
            low = int(match.group(1))
            high = int(match.group(2)) if match.group(2) is not None else low
        return lambda doc: any(compare(op, int(v), low, high) for v in doc.get(path))
    test = text_test(field, kind, text)
    stored = lambda v: ("true" if v else "false") if isinstance(v, bool) else str(v)
    return lambda doc: any(test(stored(v)) for v in doc.get(path))


def comparison(field, op, items, every):
    """`items` are (kind, text); `every` means that all are wanted."""
    negated, op = op == "!=", "==" if op == "!=" else op
    members = field.members or [field]
    def item_test(kind, text):
        fitting = members
        if field.members and field.exp == "ip" and kind == "plain" and read_ip(text)[1] is not None:
            fitting = [m for m in members if m.port]
        tests = [one(m, op, kind, text) for m in fitting]
        return lambda doc: any(test(doc) for test in tests)
    tests = [item_test(kind, text) for kind, text in items]
    combine = all if every else any
    if negated:
        return lambda doc: not combine(test(doc) for test in tests)
    return lambda doc: combine(test(doc) for test in tests)


# ---- expressions ---------------------------------------------------------------------------------------------------

def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(rng, text):
    return text if BARE.match(text) and rng.random() < 0.5 else quoted(text)


def in_list(rng, text):
    plain = re.fullmatch(r"[-+a-zA-Z0-9_.@:*]+", text)
    return text if plain and rng.random() < 0.6 else quoted(text)


def regex_of(rng, text):
    """A regular expression that fits a value, in the part of the syntax that every flavour shares."""
    out, i, runs = [], 0, 0
    while i < len(text):
        c = text[i]
        if c.isalnum() and c.isascii():
            out.append(rng.choice([c, c, c, ".", f"[{c}x]", f"({c}|q)"]))
        elif c in "-_:@ ,;=":
            out.append(c)
        else:
            out.append(".")
        i += 1
        # this side backtracks: its time grows with the power of the runs
        if runs < 3 and rng.random() < 0.08:
            out.append(".*")
            runs += 1
            i += rng.randrange(0, 6)
    return "".join(out) or ".*"


def wild_of(rng, text):
    if len(text) < 2:
        return text + "*"
    cut = rng.randrange(1, len(text))
    form = rng.randrange(4)
    pattern = [text[:cut] + "*", "*" + text[cut:], "*" + text[cut:cut + 4] + "*",
               text[:cut] + "?" + text[cut + 1:] + "*"][form]
    return pattern if pattern.strip("*?") else text[:1] + "*"


class Generator:
    def __init__(self, rng, fields, docs):
        self.rng, self.docs = rng, docs
        self.values = {}
        for field in fields.values():
            paths = [m.path for m in field.members or [field]]
            seen = {self.text_of(field, v) for doc in docs for path in paths for v in doc.get(path)}
            seen = {v for v in seen if 0 < len(v) < 200 and "\n" not in v and "\r" not in v and v.strip() == v
                    and not ("\\" in v and "*" in v) and v != "*"}
            if field.type == "lotextfield":
                seen = {v for v in seen if words(v)}
            if seen:
                self.values[field] = sorted(seen)
        self.fields = list(self.values)
        self.files = sorted({doc.file for doc in docs})

    @staticmethod
    def text_of(field, value):
        if isinstance(value, bool):
            return "true" if value else "false"
        if field.type == "date":
            return datetime.fromtimestamp(int(value) // 1000, timezone.utc).strftime("%Y/%m/%d %H:%M:%S")
        if field.exp.endswith("utf8"):
            try:
                text = bytes.fromhex(str(value)).decode("ascii")
                return text if text.isprintable() else ""
            except (ValueError, UnicodeDecodeError):
                return ""
        return str(value)

    def value(self, field):
        return self.rng.choice(self.values[field])

    def cased(self, field, text):
        if field.type in ("lotermfield", "uptermfield", "lotextfield") and self.rng.random() < 0.2:
            return self.rng.choice([text.upper(), text.lower()]) if text.isascii() else text
        return text

    def test(self, field):
        """(text, predicate) of one comparison."""
        rng = self.rng
        kind = rng.randrange(10)
        if kind == 0:
            op = rng.choice(["==", "!="])
            return f"{field.exp} {op} EXISTS!", comparison(field, op, [("exists", "")], False)
        if field.type == "ip":
            return self.ip_test(field, kind)
        if field.type == "date":
            op = rng.choice(["==", "!=", "<", "<=", ">", ">="])
            text = self.value(field)
            return f"{field.exp} {op} {quoted(text)}", comparison(field, op, [("plain", text)], False)
        if field.type in ("integer", "ipProtocol"):
            return self.int_test(field, kind)
        return self.text_case(field, kind)

    def ip_test(self, field, kind):
        rng = self.rng
        ip = ipaddress.ip_address(self.value(field))
        text = str(ip)
        if kind == 1:
            bits = rng.randrange(4, ip.max_prefixlen + 1)
            text = f"{text}/{bits}"
        elif kind == 2 and ip.version == 4:
            text = ".".join(text.split(".")[:rng.randrange(1, 4)]) + rng.choice(["", "."])
        elif kind in (3, 4) and (field.port or field.exp == "ip"):
            ports = sorted({int(p) for d in self.docs for m in field.members or [field] if m.port for p in d.get(m.port)})
            port = rng.choice(ports)
            text = rng.choice([f"{text}:{port}" if ip.version == 4 else f"{text}.{port}", f":{port}"])
        elif kind == 5:
            op = rng.choice(["<", "<=", ">", ">="])
            return f"{field.exp} {op} {text}", comparison(field, op, [("plain", text)], False)
        elif kind == 6:
            text = rng.choice(["ipv4", "ipv6"])
        elif kind in (7, 8):
            return self.list_test(field, lambda f: self.value(f))
        op = rng.choice(["==", "==", "!="])
        return f"{field.exp} {op} {literal(rng, text)}", comparison(field, op, [("plain", text)], False)

    def int_test(self, field, kind):
        rng = self.rng
        text = self.value(field)
        op = rng.choice(["==", "!="])
        if kind in (1, 2, 3):
            op = rng.choice(["<", "<=", ">", ">="])
        elif kind == 4:
            n = int(text)
            low, high = n - rng.randrange(0, 50), n + rng.randrange(0, 50)
            text = f"{low}-{high}"
        elif kind in (5, 6):
            return self.list_test(field, lambda f: self.value(f))
        elif kind == 7:
            text = str(int(text) + rng.randrange(-3, 4))
        elif kind == 8 and field.type == "ipProtocol":
            text = rng.choice(list(PROTOCOLS))
        return f"{field.exp} {op} {text}", comparison(field, op, [("plain", text)], False)

    def text_case(self, field, kind):
        rng = self.rng
        text = self.value(field)
        op = rng.choice(["==", "==", "!="])
        hexed = field.transform == "utf8ToHex" or field.exp.endswith("utf8")
        if kind in (1, 2) and not hexed and "*" not in text:
            text = self.cased(field, wild_of(rng, text))
        elif kind in (3, 4) and not hexed and field.type != "lotextfield":
            body = regex_of(rng, text)
            return f"{field.exp} {op} /{body}/", comparison(field, op, [("regex", body)], False)
        elif kind in (5, 6) and not hexed:
            return self.list_test(field, lambda f: self.cased(f, self.value(f)))
        elif kind == 7 and text not in ("true", "false"):
            text = text[:-1] or text
        elif field.type == "lotextfield":
            ws = re.findall(r"\w+", text)
            at = rng.randrange(len(ws))
            text = " ".join(ws[at:at + rng.randrange(1, 3)])
        else:
            text = text if hexed else self.cased(field, text)
        if not text.strip() or text.strip("*") == "" or (field.type == "lotextfield" and not words(text)):
            text = "x"
        return f"{field.exp} {op} {literal(rng, text)}", comparison(field, op, [("plain", text)], False)

    def list_test(self, field, value):
        rng = self.rng
        every = rng.random() < 0.35
        op = rng.choice(["==", "==", "!="])
        items, texts = [], []
        if every and rng.random() < 0.6:
            doc = rng.choice([d for d in self.docs if any(d.get(m.path) for m in field.members or [field])])
            own = sorted({self.text_of(field, v) for m in field.members or [field] for v in doc.get(m.path)})
            source = [v for v in own if v in set(self.values[field])] or self.values[field]
            value = lambda f: rng.choice(source)
        for _ in range(rng.randrange(1, 4)):
            text = value(field)
            if field.type not in ("ip", "integer", "ipProtocol", "lotextfield") and rng.random() < 0.15:
                body = regex_of(rng, text)
                if not re.search(r"[,\[\]]", body):
                    items.append(("regex", body))
                    texts.append(f"/{body}/")
                    continue
            items.append(("plain", text))
            texts.append(in_list(rng, text))
        joined = ",".join(texts)
        shown = f"]{joined}[" if every else f"[{joined}]"
        return f"{field.exp} {op} {shown}", comparison(field, op, items, every)

    def file_test(self):
        name = self.rng.choice(self.files)
        op = self.rng.choice(["==", "==", "!="])
        want = (lambda doc: doc.file == name) if op == "==" else (lambda doc: doc.file != name)
        return f"file {op} */{name}", want

    def expression(self, field, depth=0):
        rng = self.rng
        if depth >= 3 or rng.random() < (0.7 if depth == 0 else 0.5):
            return self.test(field) if rng.random() > 0.05 else self.file_test()
        form = rng.randrange(3)
        if form == 0:
            text, test = self.expression(field, depth + 1)
            return f"!({text})", lambda doc: not test(doc)
        parts = [self.expression(rng.choice(self.fields), depth + 1) for _ in range(rng.randrange(1, 3))]
        parts.insert(0, self.expression(field, depth + 1))
        tests = [test for _, test in parts]
        if form == 1:
            return " && ".join(f"({t})" for t, _ in parts), lambda doc: all(test(doc) for test in tests)
        return " || ".join(f"({t})" for t, _ in parts), lambda doc: any(test(doc) for test in tests)


# ---- asking --------------------------------------------------------------------------------------------------------

class Server:
    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc

    def get(self, path, **query):
        link = http.client.HTTPConnection(self.host, timeout=120)
        link.request("GET", path + "?" + urllib.parse.urlencode(query))
        answer = link.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {body[:300]!r}")
        return json.loads(body)

    def count(self, expression):
        answer = self.get("/sessions.json", date="-1", expression=expression, length="0")
        return answer.get("error") or answer["recordsFiltered"]


def load_ours(server):
    names = {(f["node"], f["num"]): pathlib.Path(f["name"]).name
             for f in server.get("/api/files", length=10000)["data"]}
    docs = []
    for body in server.get("/api/sessions.json", date="-1"):
        file = next((names[(body["node"], n)] for n in body.get("fileId", [])), "")
        docs.append(Doc(body, file))
    return docs


def load_theirs(corpus):
    docs = []
    for path in sorted(pathlib.Path(corpus).glob("*.test")):
        sessions = next(iter(json.load(open(path)).values()))
        docs.extend(Doc(one["body"], path.with_suffix(".pcap").name) for one in sessions)
    return docs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("corpus")
    parser.add_argument("fields")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    server = Server(options.url)
    known = server.get("/api/fields")
    fields = load_fields(options.fields)
    ours, theirs = load_ours(server), load_theirs(options.corpus)
    print(f"{len(ours)} documents of ours, {len(theirs)} of theirs")
    generator = Generator(rng, fields, theirs)
    missing = {f for f in generator.fields if server_lacks(server, f.exp)}
    print(f"{len(generator.fields)} fields with values, {len(missing)} of them unknown to this server")
    generator.fields = [f for f in generator.fields if f not in missing]
    for field in fields.values():
        if field.members:
            # a family is what the server's fields make of it; theirs are compared with the same members
            field.members = [m for m in field.members if m.exp in known or m.exp.endswith("utf8")]

    asked = []
    turn = 0
    while len(asked) < options.count:
        field = generator.fields[turn % len(generator.fields)]
        turn += 1
        try:
            asked.append((field, *generator.expression(field)))
        except re.error:
            continue
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda a: server.count(a[1]), asked))

    wrong, differ, errors = [], Counter(), []
    same = 0
    for (field, text, test), answer in zip(asked, answers):
        own = sum(1 for doc in ours if test(doc))
        other = sum(1 for doc in theirs if test(doc))
        if isinstance(answer, str):
            errors.append((text, answer))
        elif answer != own:
            wrong.append((text, answer, own))
        if answer == other:
            same += 1
        elif answer == own:
            differ[field.exp] += 1
    print(f"{len(asked)} expressions: {len(asked) - len(wrong) - len(errors)} counts as our documents imply, "
          f"{same} as theirs do")
    for text, answer, own in wrong[:options.show]:
        print(f"WRONG  {answer} instead of {own}: {text}")
    for text, error in errors[:options.show]:
        print(f"ERROR  {text}\n       {error}")
    numbers = [Counter(doc.file for doc in docs) for docs in (ours, theirs)]
    other = {f: (numbers[0][f], numbers[1][f]) for f in generator.files if numbers[0][f] != numbers[1][f]}
    print("captures whose number of sessions differs (ours, theirs):", other or "none")
    print("different from theirs, by field:", ", ".join(f"{n} {f}" for f, n in differ.most_common(options.show)))
    if wrong or errors:
        sys.exit(f"{len(wrong)} wrong counts, {len(errors)} refused expressions")


def server_lacks(server, exp):
    return isinstance(server.count(f"{exp} == EXISTS!"), str)


if __name__ == "__main__":
    main()

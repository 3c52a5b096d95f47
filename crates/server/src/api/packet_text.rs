//! Bytes of packets as text: in an encoding, with line numbers where they are wanted, or as a hex dump.

use crate::error::ApiError;
use crate::params::Params;
use encoding_rs::Encoding;
use std::fmt::Write as _;

/// How packets are answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    Json,
    Text(Text),
    Hex,
}

/// How bytes become text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Text {
    charset: Charset,
    /// Whether lines have numbers.
    lines: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Charset {
    Ascii,
    /// ISO 8859-1: each byte is a character.
    Latin1,
    Of(&'static Encoding),
}

impl Charset {
    fn read(name: &str) -> Result<Self, ApiError> {
        Ok(match name {
            "natural" | "utf8" | "utf-8" => Self::Of(encoding_rs::UTF_8),
            "ascii" => Self::Ascii,
            "latin1" => Self::Latin1,
            // GB 18030 is GBK and more
            "gbk" | "gb2312" | "gb18030" => Self::Of(encoding_rs::GB18030),
            "big5" => Self::Of(encoding_rs::BIG5),
            "shiftjis" => Self::Of(encoding_rs::SHIFT_JIS),
            "utf16" => Self::Of(encoding_rs::UTF_16LE),
            _ => {
                return Err(ApiError::bad("encoding is utf8, ascii, latin1, gbk, big5, shiftjis or utf16"));
            }
        })
    }
}

impl Format {
    /// Reads `format`, `encoding` and `line`, or Arkime's `base`; see also [`as_html`].
    pub fn read(params: &Params) -> Result<Self, ApiError> {
        let lines = params.is_set("line");
        let text = |name: &str| Charset::read(name).map(|charset| Self::Text(Text { charset, lines }));
        match (params.get("format"), params.get("base")) {
            (None | Some("json"), None) | (Some("json"), Some(_)) => Ok(Self::Json),
            (Some("hex"), _) | (None, Some("hex")) => Ok(Self::Hex),
            (None, Some(base)) => text(base),
            (Some("text"), base) => text(params.get("encoding").or(base).unwrap_or("utf8")),
            (Some("html"), Some("hex")) => Ok(Self::Hex),
            (Some("html"), base) => text(params.get("encoding").or(base).unwrap_or("utf8")),
            (Some(_), _) => Err(ApiError::bad("format is json, text, hex or html")),
        }
    }
}

/// Whether text is wanted as HTML: said so, or asked as Arkime's pages ask.
pub(crate) fn as_html(params: &Params) -> bool {
    match params.get("format") {
        None => params.get("base").is_some(),
        Some(format) => format == "html",
    }
}

impl Text {
    /// Payload as text: what is no printable character becomes a dot.
    pub fn read(self, bytes: &[u8]) -> String {
        let text = match self.charset {
            Charset::Ascii => {
                bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '.' }).collect()
            }
            Charset::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Charset::Of(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        };
        let keep = |c: char| c == '\n' || c == '\t' || !c.is_control();
        let text: String =
            text.replace("\r\n", "\n").chars().map(|c| if keep(c) { c } else { '.' }).collect();
        if !self.lines {
            return text;
        }
        let mut numbered = String::with_capacity(text.len() + 16);
        for (number, line) in (1..).zip(text.lines()) {
            let _ = writeln!(numbered, "{number:>5}  {line}");
        }
        numbered
    }
}

/// As `hexdump -C` writes it.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (row, chunk) in bytes.chunks(16).enumerate() {
        let _ = write!(out, "{:08x} ", row * 16);
        for at in 0..16 {
            let gap = if at == 8 { "  " } else { " " };
            match chunk.get(at) {
                Some(byte) => _ = write!(out, "{gap}{byte:02x}"),
                None => _ = write!(out, "{gap}  "),
            }
        }
        let ascii = chunk.iter().map(|b| if (0x20..0x7f).contains(b) { char::from(*b) } else { '.' });
        let _ = writeln!(out, "  |{}|", ascii.collect::<String>());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, bytes: &[u8]) -> String {
        match Format::read(&Params::from_query(query)).unwrap() {
            Format::Text(text) => text.read(bytes),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hex_looks_like_hexdump() {
        let text = hex(b"GET / HTTP/1.1\r\n\r\n");
        let want = "00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|\n\
                    00000010  0d 0a                                             |..|\n";
        assert_eq!(text, want);
    }

    #[test]
    fn text_keeps_lines_and_letters() {
        let bytes = "GET /\r\n\u{1}é\u{1b}[0m\n".as_bytes();
        assert_eq!(read("format=text", bytes), "GET /\n.é.[0m\n");
        assert_eq!(read("base=ascii", bytes), "GET /\n....[0m\n");
        assert_eq!(read("base=natural&line=true", bytes), "    1  GET /\n    2  .é.[0m\n");
    }

    #[test]
    fn encodings() {
        assert_eq!(read("format=text&encoding=latin1", b"caf\xe9"), "café");
        assert_eq!(read("format=text&encoding=gbk", b"\xc4\xe3\xba\xc3"), "你好");
        assert_eq!(read("format=text&encoding=gb18030", b"\x81\x39\xee\x39"), "㐀");
        assert_eq!(read("base=big5", b"\xa7\x41\xa6\x6e"), "你好");
        assert_eq!(read("base=shiftjis", b"\x83\x65"), "テ");
        assert_eq!(read("base=utf16", b"h\0i\0"), "hi");
        assert_eq!(read("base=gbk", b"\xff\x00"), "\u{fffd}.", "what is no character is marked");
        // 0x85 is a line break in Latin-1, and a control character
        assert_eq!(read("base=latin1", b"\x85"), ".");
        let format = |query: &str| Format::read(&Params::from_query(query));
        assert_eq!(format("").unwrap(), Format::Json);
        assert_eq!(format("base=hex").unwrap(), Format::Hex);
        assert_eq!(format("format=json&base=hex").unwrap(), Format::Json);
        assert!(format("format=pdf").is_err() && format("format=text&encoding=klingon").is_err());
    }
}

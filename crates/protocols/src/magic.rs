//! The kind of a body from its first bytes, named as MIME types.

/// First bytes of a body that are enough for [`kind`].
pub const ENOUGH: usize = 64;

/// Offset, bytes, name: the first that matches. From the formats' own specifications.
static SIGNS: &[(usize, &[u8], &str)] = &[
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (8, b"WEBP", "image/webp"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/x-wav"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypM4A", "audio/x-m4a"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\0\0\x01\0", "image/x-icon"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"%!PS-", "application/postscript"),
    (0, b"{\\rtf", "text/rtf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/x-gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"Rar!\x1a\x07", "application/x-rar"),
    (0, b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"MZ", "application/x-dosexec"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\xca\xfe\xba\xbe", "application/x-java-applet"),
    (0, b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (0, b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\0asm", "application/wasm"),
    (0, b"FWS", "application/x-shockwave-flash"),
    (0, b"CWS", "application/x-shockwave-flash"),
    (0, b"ZWS", "application/x-shockwave-flash"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"\0\0\x01\xb3", "video/mpeg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "application/ogg"),
    (0, b"fLaC", "audio/x-flac"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
    (0, b"\0\x01\0\0\0", "font/ttf"),
    (0, b"OTTO", "font/otf"),
    (0, b"SQLite format 3\0", "application/x-sqlite3"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"#!/", "text/x-shellscript"),
    (0, b"-----BEGIN CERTIFICATE", "application/x-pem-file"),
    (0, b"d8:announce", "application/x-bittorrent"),
    (0, b"#EXTM3U", "application/vnd.apple.mpegurl"),
];

/// Text that names its format, without regard to case.
static WORDS: &[(&[u8], &str)] = &[
    (b"<?xml", "text/xml"),
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<head", "text/html"),
    (b"<body", "text/html"),
    (b"<script", "text/html"),
    (b"<title", "text/html"),
    (b"<svg", "image/svg+xml"),
    (b"<?php", "text/x-php"),
    (b"document.write", "text/javascript"),
    (b"function(", "text/javascript"),
    (b"function (", "text/javascript"),
];

/// MIME type of a body that starts with these bytes; `None` where the start says nothing.
pub fn kind(start: &[u8]) -> Option<&'static str> {
    let plain = SIGNS
        .iter()
        .find(|(at, sign, _)| start.get(*at..).is_some_and(|rest| rest.starts_with(sign)))
        .map(|(_, _, name)| *name);
    plain.or_else(|| {
        WORDS
            .iter()
            .find(|(word, _)| start.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)))
            .map(|(_, name)| *name)
    })
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn names_what_it_knows() {
        for (start, want) in [
            (&b"GIF89a\x01\0"[..], Some("image/gif")),
            (b"<!DOCTYPE HTML PUBLIC", Some("text/html")),
            (b"<?xml version=\"1.0\"?>", Some("text/xml")),
            (b"\0\0\0\x18ftypmp42", Some("video/mp4")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"\x1f\x8b\x08\0", Some("application/x-gzip")),
            (b"hello", None),
            (b"", None),
        ] {
            assert_eq!(kind(start), want, "{start:?}");
        }
    }
}

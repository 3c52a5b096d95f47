//! TZSP: frames that access points and routers send over UDP, with tags before them.

use wire::LinkType;

/// A frame out of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tzsp<'a> {
    pub link: LinkType,
    pub frame: &'a [u8],
    /// Length on the air, where the sender tells it.
    pub original_len: Option<u32>,
}

/// Reads a message: version, type, protocol of the frame, tags up to the end tag, the frame. `Ok(None)`: a message without a frame.
pub(super) fn parse(message: &[u8]) -> Result<Option<Tzsp<'_>>, &'static str> {
    let (head, mut rest) = message.split_first_chunk::<4>().ok_or("shorter than its header")?;
    let [version, kind, protocol @ ..] = *head;
    if version != 1 {
        return Err("not version 1");
    }
    // 0: received frame, 1: frame to send. Others (configuration, keep-alive, port opener) hold none.
    if kind > 1 {
        return Ok(None);
    }
    let link = match u16::from_be_bytes(protocol) {
        0x01 => LinkType::ETHERNET,
        0x02 => LinkType(6),
        0x04 => LinkType::PPP,
        0x05 => LinkType(10),
        0x07 => LinkType::RAW,
        0x12 => LinkType::IEEE802_11,
        0x77 => LinkType(119),
        0x7f => LinkType(163),
        _ => return Err("a frame of an unknown kind"),
    };
    let mut original_len = None;
    loop {
        let (tag, after) = rest.split_first().ok_or("no end of its tags")?;
        match tag {
            0 => rest = after,
            1 => {
                rest = after;
                break;
            }
            tag => {
                let (len, after) = after.split_first().ok_or("no end of its tags")?;
                let (value, after) = after.split_at_checked(usize::from(*len)).ok_or("no end of its tags")?;
                if let (41, [high, low]) = (tag, value) {
                    original_len = Some(u32::from(u16::from_be_bytes([*high, *low])));
                }
                rest = after;
            }
        }
    }
    Ok(Some(Tzsp { link, frame: rest, original_len }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_tags() {
        let message = [1, 0, 0, 1, 10, 1, 0xd8, 0, 41, 2, 5, 0xdc, 1, b'h', b'i'];
        let read = parse(&message).unwrap().unwrap();
        assert_eq!((read.link, read.frame, read.original_len), (LinkType::ETHERNET, &b"hi"[..], Some(1500)));
        let air = parse(&[1, 1, 0, 0x12, 1, 8, 0]).unwrap().unwrap();
        assert_eq!((air.link, air.frame, air.original_len), (LinkType::IEEE802_11, &[8, 0][..], None));
        assert_eq!(parse(&[1, 4, 0, 0]), Ok(None));
        assert!(parse(&[2, 0, 0, 1, 1]).is_err() && parse(&[1, 0, 9, 9, 1]).is_err() && parse(&[]).is_err());
        for cut in 4..12 {
            assert!(parse(&message[..cut]).is_err(), "{cut}");
        }
    }
}

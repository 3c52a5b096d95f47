//! GeoIP, ASN, RIR, OUI and community id: runs when a session closes.

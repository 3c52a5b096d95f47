//! Bytes to headers: link layers, tunnels, IP and transport.

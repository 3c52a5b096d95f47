//! Where packets come from: files, stdin, folders, AF_PACKET.

//! pcap and pcapng records: byte-exact reader and writer.

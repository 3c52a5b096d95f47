//! Flow keys, the flow table, IP defragmentation, TCP reassembly, timers.

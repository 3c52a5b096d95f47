//! More than fits.

use crate::assert_accounted;
use crate::support::Home;
use crate::support::frames::datagrams;
use crate::support::net::Cable;
use crate::support::sensor::Sensor;

#[test]
fn a_burst_beyond_the_ring_is_counted_to_the_packet() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    home.configure("[capture]\ninterfaces = [{ name = \"s0\", ring = \"4MiB\", workers = 1 }]\n");
    let sensor = Sensor::start(&home, &cable.server, &[]);
    let before = datagrams(0, 1_000, 10, 1_000);
    cable.send("c0", &before, 10_000.0);
    home.wait_for_kept(before.len());
    // nobody takes anything from the ring while five times its size comes
    sensor.signal("STOP");
    let burst = datagrams(1_000, 20_000, 10, 1_000);
    cable.send("c0", &burst, 1e9);
    sensor.signal("CONT");
    home.wait_for_kept(before.len() + 1_000);
    let after = datagrams(21_000, 1_000, 10, 1_000);
    cable.send("c0", &after, 10_000.0);
    let told = sensor.end();
    let kept = assert_accounted(&home, &[before, burst, after.clone()].concat(), told);
    assert!(told.dropped > 10_000 && told.unwritten == 0, "{told:?}");
    assert!(kept.ends_with(&after));
    assert_eq!(home.indexed(), told.packets);
}

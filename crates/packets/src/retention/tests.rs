use super::*;
use proptest::prelude::*;

const NOTHING: Policy = Policy { free: Free::Bytes(0), max_age: None, max_bytes: None };

fn file(disk: usize, bytes: u64, time: i64) -> File {
    File { disk, bytes, time, hold: Hold::Free }
}

#[test]
fn the_oldest_go_until_there_is_room() {
    let files = [file(0, 10, 3), file(0, 10, 1), file(0, 10, 2)];
    let policy = Policy { free: Free::Percent(20.0), ..NOTHING };
    let disk = Disk { free: 5, size: 100 };
    assert_eq!(choose(&policy, 9, &files, &[disk]), [(1, Why::Room), (2, Why::Room)]);
    assert_eq!(choose(&policy, 9, &files, &[Disk { free: 20, size: 100 }]), []);
}

#[test]
fn each_disk_is_looked_at_by_itself() {
    let files = [file(0, 10, 1), file(1, 10, 2)];
    let policy = Policy { free: Free::Bytes(10), ..NOTHING };
    let disks = [Disk { free: 50, size: 100 }, Disk { free: 0, size: 100 }];
    assert_eq!(choose(&policy, 9, &files, &disks), [(1, Why::Room)]);
}

#[test]
fn age_and_size() {
    let files = [file(0, 10, 1), file(0, 10, 50), file(0, 10, 90)];
    let disks = [Disk { free: 50, size: 100 }];
    let old = Policy { max_age: Some(60), ..NOTHING };
    assert_eq!(choose(&old, 100, &files, &disks), [(0, Why::Age)]);
    let large = Policy { max_bytes: Some(15), ..NOTHING };
    assert_eq!(choose(&large, 100, &files, &disks), [(0, Why::Size), (1, Why::Size)]);
}

#[test]
fn pinned_files_neither_go_nor_count() {
    let mut files = [file(0, 10, 1), file(0, 10, 2), file(0, 10, 3)];
    files[0].hold = Hold::Kept;
    files[1].hold = Hold::Busy;
    let policy = Policy { max_bytes: Some(15), ..NOTHING };
    assert_eq!(choose(&policy, 9, &files, &[]), [(2, Why::Size)]);
}

proptest! {
    #[test]
    fn never_more_than_needed_and_never_what_is_held(
        files in proptest::collection::vec((0..2_usize, 0..50_u64, 0..100_i64, 0..3_u8), 0..40),
        free in 0..200_u64, most in proptest::option::of(0..500_u64), age in proptest::option::of(0..100_i64),
    ) {
        let files: Vec<File> = files.into_iter().map(|(disk, bytes, time, hold)| {
            let hold = [Hold::Free, Hold::Busy, Hold::Kept][hold as usize];
            File { disk, bytes, time, hold }
        }).collect();
        let disks = [Disk { free: 30, size: 200 }, Disk { free: 150, size: 200 }];
        let policy = Policy { free: Free::Bytes(free), max_age: age, max_bytes: most };
        let gone = choose(&policy, 100, &files, &disks);
        let is_gone = |at: usize| gone.iter().any(|(g, _)| *g == at);
        prop_assert!(gone.iter().all(|(at, _)| files[*at].hold == Hold::Free));
        prop_assert!(gone.windows(2).all(|pair| files[pair[0].0].time <= files[pair[1].0].time));
        let left = || files.iter().enumerate().filter(|(at, _)| !is_gone(*at));
        for (at, file) in left().filter(|(_, file)| file.hold == Hold::Free) {
            // what is left is not too old, and nothing is wanted that it could give
            prop_assert!(age.is_none_or(|age| file.time >= 100 - age), "{at}");
            let freed: u64 = gone.iter().filter(|(g, _)| files[*g].disk == file.disk).map(|(g, _)| files[*g].bytes).sum();
            prop_assert!(file.bytes == 0 || disks[file.disk].free + freed >= free.min(200), "{at}");
        }
        if let Some(most) = most {
            let total: u64 = left().filter(|(_, file)| file.hold != Hold::Kept).map(|(_, file)| file.bytes).sum();
            prop_assert!(total <= most || left().all(|(_, file)| file.hold != Hold::Free));
        }
        prop_assert_eq!(choose(&policy, 100, &files, &disks), gone);
    }
}

//! What was cut off, changed, or is of a newer version.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::FileExt as _;

use satchel_server::store::{BackupError, RestoreFrom};

use crate::store::{House, Secrets, Storage as _, files, run};
use crate::vault::{Vault, elsewhere, keep, restore_stream, restore_with, small, to_folder, to_stream};

#[test]
fn a_stream_cut_anywhere_or_with_a_byte_changed_is_refused_and_nothing_is_there() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let stream = to_stream(&house);
        store.close();
        let other = elsewhere(&house);
        let refused = |bytes: &[u8], what: &str| {
            let look = restore_with(&other, RestoreFrom::Stream(&mut &bytes[..]), (true, &HashSet::new()));
            assert!(
                matches!(look, Err(BackupError::Damaged { .. } | BackupError::Newer { .. })),
                "{what}: {look:?}"
            );
            assert!(!other.data().exists(), "{what}");
        };
        for end in 0..stream.len() {
            refused(&stream[..end], &format!("cut at {end}"));
        }
        for at in 0..stream.len() {
            let mut changed = stream.clone();
            changed[at] ^= 1;
            refused(&changed, &format!("changed at {at}"));
        }
        refused(&[&stream[..], &[0]].concat(), "longer");
        let real = restore_stream(&other, &stream[..stream.len() - 1]);
        assert!(matches!(real, Err(BackupError::Damaged { .. })), "{real:?}");
        assert!(!other.data().exists());
        restore_stream(&other, &stream).unwrap();
    });
}

#[test]
fn a_byte_of_a_folder_changed_is_refused_or_was_destroyed_already() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let vault = Vault::new();
        to_folder(&house, &vault);
        keep(&store, Secrets(9), 80).await;
        store.burn(Secrets(1).id(), &Secrets(1).token("receipt")).await.unwrap();
        to_folder(&house, &vault);
        store.close();
        let other = elsewhere(&house);
        let look = || restore_with(&other, RestoreFrom::Folder(&vault.backup()), (true, &HashSet::new()));
        let right = look().unwrap();
        assert_eq!((right.kept, right.tombstones), (2, 2));
        let mut refused = 0;
        for file in files(&vault.backup()).iter().filter(|file| !file.ends_with("lock")) {
            let whole = fs::read(file).unwrap();
            let open = fs::File::options().write(true).open(file).unwrap();
            for at in 0..whole.len() {
                open.write_all_at(&[whole[at] ^ 1], at as u64).unwrap();
                match look() {
                    Err(BackupError::Damaged { .. } | BackupError::Newer { .. }) => refused += 1,
                    Ok(found) => {
                        assert_eq!(found, right);
                        assert_eq!(whole[at], 0, "{file:?} at {at}: something that lay there was believed");
                    }
                    Err(other) => panic!("{other}"),
                }
                open.write_all_at(&whole[at..=at], at as u64).unwrap();
            }
            for end in (0..whole.len()).step_by(7) {
                fs::write(file, &whole[..end]).unwrap();
                let found = look();
                assert!(
                    found.is_err()
                        || (end > 0 && found.unwrap() == right && whole[end..].iter().all(|byte| *byte == 0))
                );
            }
            fs::write(file, &whole).unwrap();
        }
        assert!(refused > 1000, "{refused}");
        assert_eq!(look().unwrap(), right);
        assert!(!other.data().exists());
    });
}

#[test]
fn a_newer_format_is_refused_with_both_numbers() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let mut stream = to_stream(&house);
        store.close();
        stream[11] = 2;
        let error = restore_stream(&elsewhere(&house), &stream).err().unwrap();
        assert!(matches!(error, BackupError::Newer { found: 2, known: 1 }));
    });
}

//! What is in a restore's way, and one that was cut off.

use std::collections::HashSet;
use std::fs;

use satchel_server::store::{BackupError, OpenError, Options, RestoreFrom, Store};

use crate::store::{House, Secrets, files, run};
use crate::vault::{Vault, back_up, elsewhere, is_well, reads, restore, restore_with, small, to_folder};

#[test]
fn what_is_in_the_way_is_named_and_left_as_it_was() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let vault = Vault::new();
        let inside = back_up(&house, |backup| {
            backup.to_folder(&house.data().join("backups").join("deep"))
        });
        assert!(matches!(inside, Err(BackupError::Inside { .. })));
        assert!(!house.data().join("backups").exists());

        fs::create_dir(vault.backup()).unwrap();
        fs::write(vault.backup().join("letter.txt"), "mine").unwrap();
        let foreign = back_up(&house, |backup| backup.to_folder(&vault.backup()));
        assert!(matches!(foreign, Err(BackupError::NotABackup { .. })));
        assert_eq!(files(&vault.backup()).len(), 1);
        fs::remove_file(vault.backup().join("letter.txt")).unwrap();
        let nothing = restore(&elsewhere(&house), &vault.backup());
        assert!(matches!(nothing, Err(BackupError::Nothing { .. })));

        to_folder(&house, &vault);
        let stranger = House::new();
        let other = stranger.open();
        let foreign = back_up(&stranger, |backup| backup.to_folder(&vault.backup()));
        assert!(matches!(foreign, Err(BackupError::OtherStore { .. })));
        let taken = restore(&stranger, &vault.backup());
        assert!(matches!(taken, Err(BackupError::Taken { .. })));
        let look = restore_with(&stranger, RestoreFrom::Folder(&vault.backup()), (true, &HashSet::new())).unwrap();
        assert_eq!((look.kept, look.taken), (2, Some(stranger.data().join("satchel.db"))));
        other.close();
        store.close();
        is_well(&stranger);

        let slots = elsewhere(&house);
        fs::create_dir_all(slots.data()).unwrap();
        fs::write(slots.data().join("shred-keys"), "somebody's").unwrap();
        assert!(matches!(
            restore(&slots, &vault.backup()),
            Err(BackupError::Taken { .. })
        ));
        assert_eq!(fs::read(slots.data().join("shred-keys")).unwrap(), b"somebody's");

        let memory = House::new();
        let store = Store::open(Options {
            keys_in_memory: true,
            ..memory.options()
        })
        .unwrap();
        let none = back_up(&memory, |backup| backup.to_folder(&Vault::new().backup()));
        assert!(matches!(none, Err(BackupError::KeysInMemory)));
        store.close();
    });
}

#[test]
fn a_start_on_half_a_restore_is_refused_and_the_restore_goes_through_when_it_is_begun_again() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let vault = Vault::new();
        to_folder(&house, &vault);
        store.close();
        let other = elsewhere(&house);
        // As it stands when it is cut off just before the database is moved into place.
        fs::create_dir_all(other.data().join("restoring")).unwrap();
        fs::create_dir_all(other.data().join("content")).unwrap();
        fs::write(other.data().join("content").join("0000000000000001"), "part").unwrap();
        fs::write(other.data().join("shred-keys"), vec![1; 640]).unwrap();
        assert!(matches!(other.try_open().err(), Some(OpenError::HalfRestored { .. })));
        assert_eq!(restore(&other, &vault.backup()).unwrap().kept, 2);
        let again = other.open();
        reads(&again, Secrets(1), 100).await;
        again.close();
        is_well(&other);
    });
}

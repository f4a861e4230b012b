//! The judge on made-up facts.

use super::*;
use crate::disk::Doubt;

/// A machine on which nothing is to be said.
fn good() -> Facts {
    Facts {
        keys: Keys::File {
            doubt: None,
            encrypted: Some(true),
            spins: Some(false),
        },
        data: None,
        swap: vec![Swap::InMemory, Swap::Encrypted],
        locks_memory: false,
        dumps_core: false,
        dumps_kernel: false,
        user: 1000,
        entries: vec![
            entry(".", 0o700, 1000, Kind::Folder),
            entry("satchel.db", 0o600, 1000, Kind::File),
        ],
        clock: Some(Time {
            now: 1_000_000,
            mark: 999_000,
            downtime_secs_max: 86_400,
        }),
        server: Some(Server {
            ok: true,
            clock_held: false,
            damaged: 0,
            confined: true,
        }),
        certificate: None,
        kernel_confines: true,
        space: Some(Space {
            bytes: 20 << 30,
            files: Some(1 << 20),
            bytes_wanted: 10 << 30,
        }),
        descriptors: Some(65_536),
    }
}

fn entry(name: &str, mode: u32, user: u32, kind: Kind) -> Entry {
    Entry {
        name: name.to_owned(),
        mode,
        user,
        kind,
    }
}

fn with(change: impl FnOnce(&mut Facts)) -> Vec<Finding> {
    let mut facts = good();
    change(&mut facts);
    judge(&facts)
}

fn keys_on(doubt: Doubt) -> Vec<Finding> {
    with(|facts| {
        facts.keys = Keys::File {
            doubt: Some(doubt),
            encrypted: Some(true),
            spins: None,
        };
    })
}

#[test]
fn a_good_machine_has_no_finding() {
    assert_eq!(judge(&good()), []);
    assert!(Report::new(&[]).well && Report::new(&[]).burned_means_gone);
}

#[test]
fn each_doubt_about_the_file_system_of_the_keys_breaks_the_promise() {
    for (doubt, finding) in [
        (Doubt::CopyOnWrite, Finding::KeysCopyOnWrite),
        (Doubt::DataJournal, Finding::KeysDataJournal),
        (Doubt::Network, Finding::KeysNetwork),
        (Doubt::Overlay, Finding::KeysOverlay),
        (Doubt::Unknown, Finding::KeysUnknown),
    ] {
        assert_eq!(keys_on(doubt), [finding]);
        assert!(finding.breaks_burning() && !Report::new(&[finding]).well);
    }
}

#[test]
fn keys_in_memory_need_no_file_system() {
    assert_eq!(with(|facts| facts.keys = Keys::Memory), []);
}

#[test]
fn where_only_content_rests_copying_on_write_does_no_harm() {
    assert_eq!(with(|facts| facts.data = Some(Doubt::CopyOnWrite)), []);
    assert_eq!(with(|facts| facts.data = Some(Doubt::Network)), [Finding::DataNetwork]);
    assert_eq!(with(|facts| facts.data = Some(Doubt::Overlay)), [Finding::DataOverlay]);
}

#[test]
fn swap_in_the_clear_breaks_the_promise_unless_memory_is_locked() {
    let clear = |locks| {
        with(|facts| {
            facts.swap.push(Swap::Clear);
            facts.locks_memory = locks;
        })
    };
    assert_eq!(clear(false), [Finding::SwapClear]);
    assert!(Finding::SwapClear.breaks_burning());
    assert_eq!(clear(true), [Finding::SwapLocked]);
    assert!(Report::new(&clear(true)).well);
}

#[test]
fn dumps_are_named() {
    assert_eq!(with(|facts| facts.dumps_core = true), [Finding::CoreDumps]);
    assert_eq!(with(|facts| facts.dumps_kernel = true), [Finding::KernelDumps]);
}

#[test]
fn only_the_servers_user_may_look_into_its_folder() {
    let found = |name: &str, mode, user, kind| with(|facts| facts.entries.push(entry(name, mode, user, kind)));
    assert_eq!(found(".", 0o750, 1000, Kind::Folder), [Finding::FolderOpen]);
    assert_eq!(found("shred-keys", 0o640, 1000, Kind::File), [Finding::FileOpen]);
    assert_eq!(found("shred-keys", 0o604, 1000, Kind::File), [Finding::FileOpen]);
    assert_eq!(found("content", 0o700, 0, Kind::Folder), [Finding::ForeignOwner]);
    assert_eq!(found("satchel.db", 0o777, 1000, Kind::Link), [Finding::Link]);
}

#[test]
fn a_clock_is_compared_with_the_last_mark() {
    let at = |now| {
        with(|facts| {
            facts.clock = Some(Time {
                now,
                mark: 1_000_000,
                downtime_secs_max: 86_400,
            });
        })
    };
    assert_eq!(at(1_086_400), []);
    assert_eq!(at(1_086_401), [Finding::ClockAhead]);
    assert_eq!(at(1_000_000 - 3600), []);
    assert_eq!(at(1_000_000 - 3601), [Finding::ClockBack]);
}

#[test]
fn what_the_running_server_says_of_itself_is_said_on() {
    let says = |ok, clock_held, damaged| {
        with(|facts| {
            facts.server = Some(Server {
                ok,
                clock_held,
                damaged,
                confined: true,
            });
        })
    };
    assert_eq!(says(false, false, 0), [Finding::ServerUnwell]);
    assert_eq!(says(true, true, 0), [Finding::ClockHeld]);
    assert_eq!(says(true, false, 2), [Finding::Damaged]);
    assert_eq!(with(|facts| facts.server = None), []);
}

#[test]
fn confinement_is_asked_of_the_running_server_and_else_of_the_kernel() {
    let confined = |running: Option<bool>, kernel| {
        with(|facts| {
            facts.kernel_confines = kernel;
            facts.server = facts
                .server
                .zip(running)
                .map(|(server, confined)| Server { confined, ..server });
        })
    };
    assert_eq!(confined(Some(true), false), []);
    assert_eq!(confined(Some(false), true), [Finding::Unconfined]);
    assert_eq!(confined(None, true), []);
    assert_eq!(confined(None, false), [Finding::Unconfined]);
    assert!(Report::new(&[Finding::Unconfined]).well && !Finding::Unconfined.breaks_burning());
}

#[test]
fn room_is_compared_with_what_uploads_need_and_with_what_is_allowed() {
    let left = |bytes, files| {
        with(|facts| {
            facts.space = Some(Space {
                bytes,
                files,
                bytes_wanted: 10 << 30,
            });
        })
    };
    assert_eq!(left((64 << 20) - 1, None), [Finding::SpaceFull]);
    assert_eq!(left(64 << 20, None), [Finding::SpaceShort]);
    assert_eq!(left((10 << 30) - 1, None), [Finding::SpaceShort]);
    assert_eq!(left(10 << 30, None), []);
    assert_eq!(left(10 << 30, Some(9_999)), [Finding::FilesShort]);
}

#[test]
fn the_rest_is_worth_knowing_and_nothing_to_mend() {
    for found in [
        with(|facts| facts.descriptors = Some(4095)),
        with(|facts| {
            facts.user = 0;
            facts.entries.iter_mut().for_each(|entry| entry.user = 0);
        }),
        with(|facts| {
            facts.keys = Keys::File {
                doubt: None,
                encrypted: Some(false),
                spins: Some(false),
            };
        }),
    ] {
        assert_eq!(found.len(), 1);
        assert!(Report::new(&found).well, "{found:?}");
    }
    assert_eq!(with(|facts| facts.descriptors = None), []);
}

#[test]
fn what_breaks_the_promise_comes_first_and_nothing_twice() {
    let found = with(|facts| {
        facts.dumps_core = true;
        facts.descriptors = Some(10);
        facts.entries.push(entry("a", 0o644, 1000, Kind::File));
        facts.entries.push(entry("b", 0o644, 1000, Kind::File));
    });
    assert_eq!(found, [Finding::CoreDumps, Finding::FileOpen, Finding::FewDescriptors]);
}

#[test]
fn each_finding_has_a_word_of_its_own_and_one_sentence() {
    let mut words: Vec<_> = Finding::ALL.iter().map(|finding| finding.word()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Finding::ALL.len());
    for finding in Finding::ALL {
        assert!(
            finding.meaning().len() > 40 && !finding.meaning().contains('\n'),
            "{}",
            finding.word()
        );
        assert!(!finding.breaks_burning() || finding.level() == Level::Mend);
    }
}

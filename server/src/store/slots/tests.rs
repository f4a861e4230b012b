//! Slots ahead of need, and room for more.

use std::sync::Arc;
use std::sync::mpsc::channel;

use super::*;
use crate::store::random::SystemRandom;

fn slots() -> Slots {
    let medium = Medium::File(tempfile::tempfile().unwrap());
    Slots::create(&medium, &[7; 32]).unwrap();
    let slots = Slots::adopt(medium, &[], 1).unwrap();
    slots.grow_at_start().unwrap();
    slots
}

/// Takes what is ready, fills, and so on, as creations do.
fn take_all(slots: &Slots, mut many: u64) {
    while many > 0 {
        match slots.take() {
            Some(_) => many -= 1,
            None => slots.fill(&SystemRandom).unwrap(),
        }
    }
}

#[test]
fn while_the_file_grows_nobody_waits_who_finds_a_slot_or_room_for_one() {
    let slots = Arc::new(slots());
    let room = slots.stock().room;
    // A growth that does not come to its end.
    let growing = slots.growing.lock().unwrap();
    take_all(&slots, room);
    assert_eq!((slots.take(), slots.count()), (None, room));
    let (sender, filled) = channel();
    let filling = Arc::clone(&slots);
    std::thread::spawn(move || sender.send(filling.fill(&SystemRandom).is_ok()));
    assert!(
        filled.recv_timeout(std::time::Duration::from_millis(50)).is_err(),
        "whoever finds none waits"
    );
    drop(growing);
    // For one step, that is: all of a growth takes many.
    assert!(filled.recv().unwrap());
    assert_eq!(slots.stock().room, room + STEP_BYTES / SLOT_BYTES);
    assert_eq!(slots.take().map(|slot| slot.slot), Some(room + 1));
}

#[test]
fn room_is_made_before_it_is_needed_and_not_without_end() {
    let slots = slots();
    let room = slots.stock().room;
    take_all(&slots, room - 2 * ROOM_LOW);
    slots.grow_ahead(&SystemRandom).unwrap();
    assert_eq!(slots.stock().room, room, "there is enough");
    take_all(&slots, ROOM_LOW);
    slots.grow_ahead(&SystemRandom).unwrap();
    let grown = slots.stock().room;
    assert!(grown > room && slots.stock().fillable() >= PIECE_BYTES / SLOT_BYTES);
    slots.grow_ahead(&SystemRandom).unwrap();
    assert_eq!(slots.stock().room, grown);
}

#[test]
fn once_it_is_shut_the_file_gets_no_longer() {
    let slots = slots();
    let room = slots.stock().room;
    take_all(&slots, room - 10);
    slots.shut();
    let len = slots.medium.len().unwrap();
    assert!(slots.grow_ahead(&SystemRandom).is_err() && slots.fill(&SystemRandom).is_err());
    assert_eq!(slots.medium.len().unwrap(), len);
}

#[test]
fn what_was_filled_is_told_from_room_by_the_next_start() {
    let slots = slots();
    slots.fill(&SystemRandom).unwrap();
    let (count, room) = (slots.count(), slots.stock().room);
    assert!(count < room);
    let used: Vec<u64> = vec![3, 9];
    let Slots { medium, .. } = slots;
    let again = Slots::adopt(medium, &used, 1).unwrap();
    assert_eq!((again.count(), again.stock().room), (count, room));
    assert_eq!(again.stock().spent.len() as u64, count - 2);
}

use super::*;

fn hash(seed: u8) -> [u8; 32] {
    [seed; 32]
}

fn item(place: Place, stage: Stage) -> Item {
    let row = PasteRow {
        item: 77,
        probe: TokenHash::new(hash(1)),
        receipt: TokenHash::new(hash(2)),
        claim: Some(hash(3)),
        slot: None,
        keep: true,
        place,
        panic: Some(PanicMark::new(hash(4))),
        paste: Paste {
            size: 100,
            policy: Policy {
                reads: 3,
                expires_in: 86_400,
                on_guessing: OnGuessing::Burn,
            },
            stage,
            reads_used: 2,
            running: 1,
            tries: 5,
            wait_until: 99,
        },
    };
    let lease = |phase, ends_at| Lease {
        token: TokenHash::new(hash(6)),
        phase,
        ends_at,
    };
    Item {
        id: hash(5),
        row,
        label: Some(vec![8; 60]),
        leases: vec![lease(LeasePhase::Running, 7), lease(LeasePhase::Confirmed, 0)],
        key: ShredKey::copied(&hash(9)),
    }
}

#[test]
fn an_item_of_every_place_and_stage_comes_back_as_it_was() {
    let link = Place::Link {
        document: 5,
        number: 2,
        shared: 60,
    };
    for place in [Place::Alone, Place::Document, link] {
        for stage in [
            Stage::Stored { expires_at: 3600 },
            Stage::Uploading { held: 9, drop_at: 300 },
        ] {
            let before = item(place, stage);
            let after = Item::decode(&before.encode()).unwrap();
            assert!(*after.encode() == *before.encode());
            assert_eq!(after.row.paste, before.row.paste);
            assert_eq!(after.row.place, place);
            assert_eq!(
                (after.id, after.row.claim, after.row.keep),
                (hash(5), Some(hash(3)), true)
            );
            assert_eq!(after.leases.len(), 2);
            assert_eq!(after.key.expose(), &hash(9));
        }
    }
}

#[test]
fn an_item_that_is_cut_or_longer_is_none() {
    let bytes = item(Place::Alone, Stage::Stored { expires_at: 3600 }).encode();
    for end in 0..bytes.len() {
        assert!(Item::decode(&bytes[..end]).is_err(), "cut at {end}");
    }
    assert!(Item::decode(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn contents_that_say_more_than_a_block_are_refused_before_memory_is_taken() {
    let mut bytes = vec![0, 0];
    bytes.extend(u32::MAX.to_be_bytes());
    let read = read_contents(&mut &bytes[..], |_| Ok(()));
    assert!(matches!(read, Err(ContentFault::Wrong)));
}

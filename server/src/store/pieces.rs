//! A sealed block's rows: one, or three where one would waste its page.
//!
//! A page of 4 KiB takes three rows of 1,052 bytes (a body of 1 KiB, sealed), and a quarter of it stays empty. Of the pieces of 351 bytes it takes
//! eleven. Below 512 bytes a page is well used anyhow, above 3,000 a block has a page or more of its own.

use rusqlite::{Connection, params};

/// Sealed lengths that rest in pieces.
const PIECES: std::ops::RangeInclusive<usize> = 513..=3000;

/// Places of the second and third piece of block 0. No block has them: a content of rows has at most four blocks, and 6 and 7 are the owner's head's
/// and the part block's.
const MORE: [u64; 2] = [4, 5];

/// Of the places of an item's rows in ascending order, leaves those at which blocks begin.
pub(super) fn join(places: &mut Vec<u64>) {
    if places.first() == Some(&0) && MORE.iter().all(|more| places.contains(more)) {
        places.retain(|place| !MORE.contains(place));
    }
}

/// The block at a place of an item, whole.
pub(super) fn block(conn: &Connection, item: u64, at: u64) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut query = conn.prepare_cached(if at == 0 {
        "SELECT sealed FROM block WHERE place IN (?1, ?1 + 4, ?1 + 5) ORDER BY place"
    } else {
        "SELECT sealed FROM block WHERE place = ?1"
    })?;
    let mut rows = query.query([item * 8 + at])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let mut sealed: Vec<u8> = row.get(0)?;
    while let Some(row) = rows.next()? {
        let piece = row.get_ref(0)?.as_blob().unwrap_or_default();
        sealed.extend_from_slice(piece);
    }
    Ok(Some(sealed))
}

/// Puts a block where there is none.
pub(super) fn insert(conn: &Connection, item: u64, at: u64, sealed: &[u8]) -> rusqlite::Result<()> {
    let place = item * 8 + at;
    if at == 0 && PIECES.contains(&sealed.len()) {
        let (first, rest) = sealed.split_at(sealed.len().div_ceil(3));
        let (second, third) = rest.split_at(rest.len().div_ceil(2));
        conn.prepare_cached("INSERT INTO block VALUES (?1, ?2), (?1 + 4, ?3), (?1 + 5, ?4)")?
            .execute(params![place, first, second, third])?;
    } else {
        conn.prepare_cached("INSERT INTO block VALUES (?1, ?2)")?
            .execute(params![place, sealed])?;
    }
    Ok(())
}

/// Puts a block in the place of what it was before.
pub(super) fn replace(conn: &Connection, item: u64, at: u64, sealed: &[u8]) -> rusqlite::Result<()> {
    remove(conn, item, at)?;
    insert(conn, item, at, sealed)
}

/// Removes a block.
pub(super) fn remove(conn: &Connection, item: u64, at: u64) -> rusqlite::Result<()> {
    conn.prepare_cached(if at == 0 {
        "DELETE FROM block WHERE place IN (?1, ?1 + 4, ?1 + 5)"
    } else {
        "DELETE FROM block WHERE place = ?1"
    })?
    .execute([item * 8 + at])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE block (place INTEGER PRIMARY KEY, sealed BLOB NOT NULL)")
            .unwrap();
        conn
    }

    fn found(conn: &Connection, item: u64) -> Vec<u64> {
        let mut query = conn
            .prepare("SELECT place - ?1 * 8 FROM block WHERE place / 8 = ?1 ORDER BY place")
            .unwrap();
        let places = query.query_map([item], |row| row.get(0)).unwrap();
        places.collect::<Result<_, _>>().unwrap()
    }

    fn noise(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn a_block_of_any_length_comes_back_whole() {
        let conn = table();
        for (item, len) in (1u64..).zip([0, 1, 2, 29, 512, 513, 514, 1052, 2999, 3000, 3001, 70_000]) {
            for at in [0, 1, 3, 6, 7] {
                insert(&conn, item, at, &noise(len)).unwrap();
            }
            for at in [0, 1, 3, 6, 7] {
                assert_eq!(block(&conn, item, at).unwrap(), Some(noise(len)), "{len} at {at}");
            }
            let mut begin = found(&conn, item);
            join(&mut begin);
            assert_eq!(begin, [0, 1, 3, 6, 7], "{len}");
        }
        assert_eq!(block(&conn, 99, 0).unwrap(), None);
    }

    #[test]
    fn a_block_that_grows_or_shrinks_leaves_nothing_of_what_it_was() {
        let conn = table();
        insert(&conn, 7, 0, &noise(40)).unwrap();
        for len in [1000, 5000, 2000, 60, 3000, 65_564] {
            replace(&conn, 7, 0, &noise(len)).unwrap();
            assert_eq!(block(&conn, 7, 0).unwrap(), Some(noise(len)));
            let rows = if PIECES.contains(&len) { vec![0, 4, 5] } else { vec![0] };
            assert_eq!(found(&conn, 7), rows);
        }
        remove(&conn, 7, 0).unwrap();
        assert!(found(&conn, 7).is_empty());
    }

    #[test]
    fn a_page_takes_more_bodies_of_1_kib_in_pieces() {
        let conn = table();
        let rows = 10_000u64;
        for item in 1..=rows {
            insert(&conn, item, 0, &noise(1052)).unwrap();
        }
        let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let bytes: u64 = conn.query_row(size, [], |row| row.get(0)).unwrap();
        assert!(bytes / rows < 1130, "{} bytes each", bytes / rows);
    }

    #[test]
    fn a_store_of_before_has_its_blocks_whole() {
        let conn = table();
        conn.execute("INSERT INTO block VALUES (5 * 8, ?1)", [noise(1052)])
            .unwrap();
        assert_eq!(block(&conn, 5, 0).unwrap(), Some(noise(1052)));
    }

    #[test]
    fn the_pieces_are_read_in_order_without_sorting() {
        let conn = table();
        let plan = "EXPLAIN QUERY PLAN SELECT sealed FROM block WHERE place IN (?1, ?1 + 4, ?1 + 5) ORDER BY place";
        let mut query = conn.prepare(plan).unwrap();
        let told: Vec<String> = query
            .query_map([40], |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(!told.iter().any(|line| line.contains("TEMP")), "{told:?}");
    }
}

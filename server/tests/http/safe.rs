//! Looking changes nothing: not a byte of the data folder, whoever looks, and wherever.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::connection::Connection;
use super::harness::{Paste, Server, TUS, bearer, sha256, token};

/// Digest of every file below the folder, by name.
type Picture = BTreeMap<PathBuf, (u64, [u8; 32])>;

fn picture(folder: &Path) -> Picture {
    let mut found = Picture::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        found.insert(next.clone(), (0, [0; 32]));
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            if kind.is_dir() {
                folders.push(path);
            } else if !kind.is_file() {
                // The socket of the operator's commands has no bytes.
                found.insert(path, (0, [0; 32]));
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path, (u64::try_from(bytes.len()).unwrap(), sha256(&bytes)));
            }
        }
    }
    found
}

/// The folder once what requests left to do in the background is done: it stays as it is over a few requests.
fn picture_at_rest(server: &Server) -> Picture {
    let mut before = picture(server.data.path());
    let mut still = 0;
    while still < 20 {
        assert_eq!(server.ask("GET", "/healthz", &[], &[]).status, 200);
        let now = picture(server.data.path());
        still = if now == before { still + 1 } else { 0 };
        before = now;
    }
    before
}

fn changed(before: &Picture, after: &Picture) -> Vec<PathBuf> {
    let names = before.keys().chain(after.keys());
    let mut names: Vec<PathBuf> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

/// One paste of each kind, with whatever tokens open something of it.
struct House {
    pastes: Vec<Paste>,
    lease: String,
}

impl House {
    fn on(server: &Server) -> Self {
        let lease = token();
        let (small, large) = (Paste::on(server, 4096, 3), Paste::on(server, 700_000, 3));
        small.claim(server, &lease);
        large.claim(server, &lease);
        let (uploading, burned) = (Paste::new(700_000, 1), Paste::on(server, 4096, 1));
        uploading.create(server, &[]);
        uploading.patch(server, 0, &uploading.content[..100_000], &[]);
        burned.burn(server);
        let absent = Paste::new(1, 1);
        Self {
            pastes: vec![small, large, uploading, burned, absent],
            lease,
        }
    }

    /// Every safe method on every path, with every token.
    fn look(&self, line: &mut Connection, routes: &[String]) -> BTreeMap<u16, usize> {
        let mut statuses = BTreeMap::new();
        for paste in &self.pastes {
            for bearing in [&paste.probe, &paste.claim, &paste.receipt, &self.lease] {
                let bearing = bearer(bearing);
                let headers = [
                    TUS,
                    ("authorization", &*bearing),
                    ("satchel-probe", &*paste.probe),
                    ("satchel-lease", &*self.lease),
                    ("x-http-method-override", "DELETE"),
                ];
                for (route, method) in routes
                    .iter()
                    .flat_map(|route| ["GET", "HEAD", "OPTIONS"].map(|method| (route, method)))
                {
                    let answer = line.ask(method, &route.replace("{id}", &paste.id), &headers, &[]);
                    *statuses.entry(answer.status).or_insert(0) += 1;
                }
            }
        }
        statuses
    }

    /// Content under a lease in every way that there is, in all less than what ends one.
    fn read(&self, line: &mut Connection) {
        let bearing = bearer(&self.lease);
        for paste in &self.pastes[..2] {
            for (range, status) in [
                (None, 200),
                (Some("bytes=0-0"), 206),
                (Some("bytes=100-2000"), 206),
                (Some("bytes=-7"), 206),
                (Some("bytes=4000-4095"), 206),
                (Some("bytes=900000-"), 416),
            ] {
                let mut headers = vec![("authorization", &*bearing)];
                headers.extend(range.map(|range| ("range", range)));
                let answer = line.ask("GET", &paste.path("/content"), &headers, &[]);
                assert_eq!(answer.status, status, "{range:?}");
                assert!(status != 200 || answer.body == paste.content);
            }
        }
    }
}

/// [B-3]
#[test]
fn safe_methods_leave_every_byte_of_the_data_folder_as_it_was() {
    let server = Server::start();
    let house = House::on(&server);
    let document = server.ask("GET", "/api/v1/openapi.json", &[], &[]).json();
    let mut routes: Vec<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    routes.extend(["/", "/any/path", "/assets/missing.js", "/api/v1/nothing"].map(str::to_owned));

    let before = picture_at_rest(&server);
    assert!(
        before.keys().any(|path| path.ends_with("satchel.db-shm")),
        "the log's index is among what is compared"
    );
    let mut line = Connection::to(&server);
    let statuses = house.look(&mut line, &routes);
    house.read(&mut line);
    let after = picture(server.data.path());
    assert_eq!(changed(&before, &after), Vec::<PathBuf>::new());
    // Were all of them refused, this would say nothing: some looked at what is there, as its readers and its creator do.
    assert!(
        statuses[&200] > 100 && statuses[&410] > 0 && statuses[&404] > 100,
        "{statuses:?}"
    );

    // A request that does change something is seen.
    house.pastes[0].claim_as(&server, &token(), &token());
    assert_ne!(changed(&before, &picture(server.data.path())), Vec::<PathBuf>::new());
}

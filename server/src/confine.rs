//! What the server may still reach once it runs: its own files, and nobody. Whoever takes it over gets no further than it does.
//!
//! Landlock, as far as the kernel has it; no new privileges in any case. docs/decisions/0032-confinement.md says what and why.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, LandlockStatus, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};
use rustix::thread::set_no_new_privs;

use crate::config::{Settings, ShredKeys};

/// The newest rights over files that are asked for. The ninth would take systemd's socket away.
const FILES: ABI = ABI::V8;
/// The newest over connections: TCP from the fourth on, UDP from the tenth.
const NETWORK: ABI = ABI::V10;

/// How far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confinement {
    /// Its own files, and no connection to anybody.
    Whole,
    /// Its own files; the kernel is too old for the rest.
    FilesAlone,
    /// The kernel has no landlock, or it is switched off.
    None,
}

static HOLDS: OnceLock<Confinement> = OnceLock::new();

impl Confinement {
    /// How far this process is confined.
    pub(crate) fn of_this_process() -> Self {
        HOLDS.get().copied().unwrap_or(Self::None)
    }

    /// How far the kernel would confine a server.
    pub(crate) fn of_this_kernel() -> Self {
        let has = |ruleset: Result<Ruleset, RulesetError>| ruleset.and_then(Ruleset::create).is_ok();
        let asked = || Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        if !has(asked().handle_access(AccessFs::from_all(ABI::V1))) {
            return Self::None;
        }
        if has(asked().handle_access(AccessNet::from_all(ABI::V4))) {
            Self::Whole
        } else {
            Self::FilesAlone
        }
    }
}

/// Confines this thread and every later one. Before there are others, and after all that is listened on.
pub(crate) fn confine(settings: &Settings, config: Option<&Path>) -> Confinement {
    let _ = set_no_new_privs(true);
    let confinement = restrict(&Reach::of(settings, config)).unwrap_or(Confinement::None);
    let _ = HOLDS.set(confinement);
    confinement
}

/// What stays within reach.
struct Reach {
    /// Written and read.
    own: Vec<PathBuf>,
    /// Read.
    read: Vec<PathBuf>,
}

impl Reach {
    fn of(settings: &Settings, config: Option<&Path>) -> Self {
        let mut own = vec![settings.data.clone()];
        if let ShredKeys::File(path) = &settings.shred_keys {
            own.extend(around(path));
        }
        let tls = settings.tls.iter().flat_map(|files| [&*files.cert, &*files.key]);
        let mut read: Vec<_> = config.into_iter().chain(tls).flat_map(around).collect();
        // SQLite takes random bytes from there.
        read.push(PathBuf::from("/dev/urandom"));
        Self { own, read }
    }
}

/// The folder of a file, which is another file once it was replaced; where a link leads, that folder too. All that there is, is no folder to hand
/// out: there the file alone stays within reach.
fn around(path: &Path) -> Vec<PathBuf> {
    let folder = |path: &Path| {
        let folder = std::path::absolute(path).ok()?.parent()?.to_owned();
        let is_all = folder.parent().is_none();
        Some(if is_all { path.to_owned() } else { folder })
    };
    let linked = path.canonicalize().ok();
    let both = [Some(path), linked.as_deref()];
    both.into_iter().flatten().filter_map(folder).collect()
}

fn restrict(reach: &Reach) -> Result<Confinement, RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(FILES))?
        .handle_access(AccessNet::from_all(NETWORK))?
        .scope(Scope::Signal)?;
    // A supervisor may listen on a socket without a file.
    if !std::env::var_os("NOTIFY_SOCKET").is_some_and(|socket| socket.as_encoded_bytes().starts_with(b"@")) {
        ruleset = ruleset.scope(Scope::AbstractUnixSocket)?;
    }
    let mut created = ruleset.create()?;
    let written = AccessFs::ReadFile
        | AccessFs::ReadDir
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::MakeSock
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer;
    for path in &reach.own {
        created = allow(created, path, written)?;
    }
    for path in &reach.read {
        created = allow(created, path, AccessFs::ReadFile | AccessFs::ReadDir)?;
    }
    let status = created.restrict_self()?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => Confinement::None,
        (_, LandlockStatus::Available { effective_abi, .. }) if effective_abi >= ABI::V4 => Confinement::Whole,
        _ => Confinement::FilesAlone,
    })
}

/// What is not there needs no rule.
fn allow(created: RulesetCreated, path: &Path, rights: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    let Ok(opened) = PathFd::new(path) else {
        return Ok(created);
    };
    let rights = if path.is_dir() {
        rights
    } else {
        rights & AccessFs::from_file(FILES)
    };
    created.add_rule(PathBeneath::new(opened, rights))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{self, ErrorKind, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    #[test]
    fn the_root_of_all_files_is_never_handed_out() {
        assert_eq!(around(Path::new("/satchel.toml")), [PathBuf::from("/satchel.toml")]);
        assert_eq!(
            around(Path::new("/etc/satchel/x.toml")),
            [PathBuf::from("/etc/satchel")]
        );
    }

    /// Tries something where nothing but the two folders is within reach.
    fn within(reach: Reach, attempt: impl FnOnce() + Send + 'static) {
        let confined = std::thread::spawn(move || {
            let confinement = restrict(&reach).unwrap_or(Confinement::None);
            if confinement == Confinement::None {
                let _ = writeln!(io::stderr(), "skipped: confinement: this kernel has no landlock");
                return;
            }
            attempt();
        });
        confined.join().unwrap();
    }

    fn refused<T>(done: io::Result<T>) -> bool {
        done.err().map(|error| error.kind()) == Some(ErrorKind::PermissionDenied)
    }

    #[test]
    fn its_own_folder_is_written_the_other_is_read_and_nothing_else_is_there() {
        let [own, read, else_where] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        for folder in [&own, &read, &else_where] {
            fs::write(folder.path().join("file"), "what").unwrap();
        }
        let [o, r, e] = [&own, &read, &else_where].map(|folder| folder.path().to_owned());
        let reach = Reach {
            own: vec![o.clone()],
            read: vec![r.clone(), PathBuf::from("/dev/urandom")],
        };
        within(reach, move || {
            fs::create_dir(o.join("content")).unwrap();
            fs::write(o.join("new"), "x").unwrap();
            fs::rename(o.join("new"), o.join("content/new")).unwrap();
            fs::remove_file(o.join("file")).unwrap();
            UnixListener::bind(o.join("control")).unwrap();
            assert_eq!(fs::read(r.join("file")).unwrap(), b"what");
            fs::File::open("/dev/urandom").unwrap();
            assert!(refused(fs::write(r.join("file"), "x")) && refused(fs::write(r.join("new"), "x")));
            assert!(refused(fs::read(e.join("file"))) && refused(fs::read_dir(&e)) && refused(fs::read("/etc/passwd")));
            assert!(refused(Command::new("/bin/true").status()), "no other program");
        });
    }

    #[test]
    fn nobody_is_called_and_nothing_more_is_listened_on() {
        if Confinement::of_this_kernel() != Confinement::Whole {
            let _ = writeln!(io::stderr(), "skipped: confinement: this kernel has no landlock 4");
            return;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let reach = Reach {
            own: Vec::new(),
            read: Vec::new(),
        };
        within(reach, move || {
            assert!(refused(TcpStream::connect(address)) && refused(TcpListener::bind("127.0.0.1:0")));
        });
        assert!(TcpStream::connect(address).is_ok());
    }

    #[test]
    fn a_link_brings_the_folder_that_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let [live, archive] = ["live", "archive"].map(|name| folder.join(name));
        fs::create_dir(&live).unwrap();
        fs::create_dir(&archive).unwrap();
        fs::write(archive.join("cert1.pem"), "").unwrap();
        std::os::unix::fs::symlink("../archive/cert1.pem", live.join("cert.pem")).unwrap();
        assert_eq!(around(&live.join("cert.pem")), [live, archive]);
    }
}

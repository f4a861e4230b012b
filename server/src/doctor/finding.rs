//! Each thing that the doctor can find: a stable word, how bad it is, and what it means.

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// To be mended.
    Mend,
    /// To be known.
    Note,
}

macro_rules! findings {
    ($($(#[$doc:meta])+ $variant:ident = $word:literal, $level:ident, $breaks:literal, $meaning:literal;)+) => {
        /// What was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Finding {
            $($(#[$doc])+ $variant,)+
        }

        impl Finding {
            /// Every finding.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word for scripts. It stays.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Whether it is to be mended.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)+ }
            }

            /// Whether "burned means gone" does not hold: what `--strict` refuses.
            #[must_use]
            pub const fn breaks_burning(self) -> bool {
                match self { $(Self::$variant => $breaks,)+ }
            }

            /// One sentence for people: what it means, and what helps.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }
    };
}

findings! {
    /// The keys lie on btrfs, ZFS, f2fs and the like.
    KeysCopyOnWrite = "keys-copy-on-write", Mend, true,
        "the shred keys are on a copy-on-write file system: what was burned may still be read from the disk; name a file on ext4 or xfs with --shred-keys, or `memory`";
    /// The keys lie on ext4 with `data=journal`.
    KeysDataJournal = "keys-data-journal", Mend, true,
        "the shred keys are on ext4 with data=journal: what was burned may still be read from the journal; mount it with data=ordered";
    /// The keys lie on another machine.
    KeysNetwork = "keys-network", Mend, true,
        "the shred keys are on a network file system: whether what was burned is gone depends on the other machine; keep them on a disk of this one";
    /// The keys lie in a container's own layer.
    KeysOverlay = "keys-overlay", Mend, true,
        "the shred keys are in a container's own layer: where they lie cannot be seen; give the data folder a volume";
    /// Nothing is known of the file system of the keys.
    KeysUnknown = "keys-unknown", Mend, true,
        "the shred keys are on a file system of which it is not known that it overwrites in place: what was burned may still be read; use ext4 or xfs";
    /// Memory reaches a disk.
    SwapClear = "swap-clear", Mend, true,
        "swap is on, not encrypted, and the server may not lock its memory: keys of what was burned may stay on the swap device; switch it off, encrypt it, or allow CAP_IPC_LOCK or unlimited locked memory";
    /// A crash writes memory to a disk.
    CoreDumps = "core-dumps", Mend, true,
        "the server could not switch its core dumps off: a crash would write keys to a disk";
    /// Swap is there, and the server's memory is locked.
    SwapLocked = "swap-locked", Note, false,
        "swap is on and not encrypted; the server locks its memory, so that nothing of it gets there, but a proxy beside it may not";
    /// A kernel crash writes memory to a disk.
    KernelDumps = "kernel-dumps", Mend, false,
        "the kernel writes all memory to a disk when it crashes (kdump): keys of what lives then would be there; switch it off";
    /// Flash, or nobody knows, and no encryption below.
    KeysFlash = "keys-flash", Note, false,
        "the disk of the shred keys is not known to be encrypted, and may be flash, which keeps old blocks by itself: somebody who takes the chips apart may find keys of what was burned; encrypt the disk";
    /// The data lies on another machine.
    DataNetwork = "data-network", Mend, false,
        "the data folder is on a network file system: SQLite's locks and syncs do not hold there, so acknowledged uploads may be lost; keep it on a disk of this machine";
    /// The data lies in a container's own layer.
    DataOverlay = "data-overlay", Mend, false,
        "the data folder is in a container's own layer: all pastes go when the container is made anew; give it a volume";
    /// Others may enter the data folder.
    FolderOpen = "folder-open", Mend, false,
        "others of this machine may look into the data folder: take their rights away with `chmod 0700`";
    /// Others may read a file.
    FileOpen = "file-open", Mend, false,
        "others of this machine may open a file of the server: take their rights away with `chmod 0600`";
    /// Somebody else owns a file.
    ForeignOwner = "foreign-owner", Mend, false,
        "a file of the server belongs to another user than who asks: give it to the server's user, and run this command as that user";
    /// A symbolic link.
    Link = "link", Mend, false,
        "there is a symbolic link among the server's files: it makes none, so somebody else did; put the file itself there, or name its place with an option";
    /// The certificate and its key cannot be served.
    CertificateUnusable = "certificate-unusable", Mend, false,
        "the files of --tls-cert and --tls-key cannot be read, or do not belong together: a server would not start on them, and one that runs goes on with what it has; `serve` says what is wrong";
    /// The certificate's time is over.
    CertificateExpired = "certificate-expired", Mend, false,
        "the certificate has expired: browsers and the command line refuse it; renew it";
    /// The certificate's time has not come.
    CertificateEarly = "certificate-early", Mend, false,
        "the certificate is not valid yet: either it was made for later, or the clock is behind";
    /// The certificate ends soon.
    CertificateEnding = "certificate-ending", Mend, false,
        "the certificate ends within two weeks, or within the last third of a short life: renew it, and see why that did not happen by itself";
    /// The certificate is for others.
    CertificateName = "certificate-name", Mend, false,
        "the certificate was not made for the host of --base-url: browsers and the command line refuse it there";
    /// Others may read the key.
    TlsKeyOpen = "tls-key-open", Mend, false,
        "every user of this machine may read the key of the certificate: take their rights away with `chmod o-rwx`, and if anybody else was on it, have a new one made";
    /// The kernel does not confine the server.
    Unconfined = "unconfined", Note, false,
        "the server is not confined to its own files: the kernel has no landlock, or has it switched off (it takes Linux 5.13, and `landlock` in the list of `lsm=`)";
    /// The clock is far ahead of the last mark.
    ClockAhead = "clock-ahead", Mend, false,
        "the clock is more than --max-downtime ahead of when the server last ran: what that would expire is kept, but cannot be read, until `satchel-server clock accept` is run";
    /// The clock is behind the last mark.
    ClockBack = "clock-back", Mend, false,
        "the clock is behind the hour in which the server last ran: set it right; nothing lives longer by it";
    /// The running server holds a jump.
    ClockHeld = "clock-held", Mend, false,
        "the running server holds a jump of its clock: what that would expire is kept, but cannot be read; set the clock right, or run `satchel-server clock accept`";
    /// The running server cannot write or read.
    ServerUnwell = "server-unwell", Mend, false,
        "the running server's last write or read failed: look at its disk and at what it says on standard error";
    /// The running server met damage.
    Damaged = "damaged", Mend, false,
        "the running server found stored items that are damaged: it names them on standard error; `satchel-server check` looks at all of them, and the disk may be failing";
    /// No room for uploads.
    SpaceFull = "space-full", Mend, false,
        "less than 64 MiB are free: uploads are, or soon will be, refused with 507; claims and burns go on";
    /// Less room than is promised.
    SpaceShort = "space-short", Note, false,
        "less is free than --storage-max lets people store: the disk will be full first, and then uploads are refused with 507";
    /// No room for files.
    FilesShort = "files-short", Mend, false,
        "the file system has room for few more files: large uploads will be refused";
    /// Few connections.
    FewDescriptors = "few-descriptors", Note, false,
        "fewer than 4096 files and connections may be open at once: slow readers could keep others out; raise the limit (ulimit -n, LimitNOFILE)";
    /// The server would run as root.
    Root = "root", Note, false,
        "this runs as root, and so would the server: it needs no such rights; give it a user of its own";
}

//! What a person may do after each failure: one sentence, where there is something.

use std::borrow::Cow;

use satchel_client::api::Burned;
use satchel_client::crypto::Verdict;
use satchel_client::share_text::NoShare;
use satchel_client::{AddressError, Error};

use crate::departments::quoted;
use crate::failure::{Failure, at};
use crate::hidden::{holds_a_secret, without_secrets};
use crate::naming::shown;
use crate::opens::Kind;
use crate::table::TableError;

impl Failure {
    /// What a person may do now.
    pub(crate) fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::BareName { name, .. } => {
                let name = quoted(&without_secrets(&shown(name)));
                Some(format!("put it in quotes: {name} = \"age1pq1...\"").into())
            }
            Self::LeaseKept(failure) if failure.is_refusal() => failure.hint(),
            _ => self.fixed_hint().map(Cow::Borrowed),
        }
    }

    /// Refused, so that the read is nobody's yet.
    const fn is_refusal(&self) -> bool {
        matches!(self, Self::Client(Error::Wait { .. } | Error::WrongPassphrase { .. }))
    }

    /// One without a word of what was given.
    fn fixed_hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NothingToSeal => "name a file or a folder, or pipe something in",
            Self::NothingIn(_) => {
                "all that is in it was skipped: name the files that are meant; a symlink that is named is followed"
            }
            Self::OutputIsTerminal => "name a file with -o, or send it on with | or >",
            Self::StdinTwice => "name a file for one of them",
            Self::NoTerminal("the passphrase") => "--passphrase-file reads it from a file, and - from standard input",
            Self::NoTerminal("the ledger's passphrase") => {
                "--ledger-passphrase-file reads it from a file; `satchel share --no-ledger` leaves the ledger alone"
            }
            Self::NoTerminal("the shares") => "name the files that hold them",
            Self::NoTerminal(_) => "it may come from standard input",
            Self::NotTypable(_) => "save it as one line of UTF-8 without a byte order mark",
            Self::NoIdentity(_) => {
                "name the file with the key that begins with AGE-SECRET-KEY-PQ-1; a new key opens nothing that was sealed to another"
            }
            Self::SecretNotText(_) => "save it as text in UTF-8",
            Self::SealedByAge(_) => "`age -d -o me.key FILE` opens it",
            Self::RecipientIsFile(_) => "-R takes a file of recipients",
            Self::NotOne => {
                "--remove-this takes away whose key opens it in this run; or --remove-recipients with -R and all who stay"
            }
            Self::RecipientForIdentity(_) => "name the file with the key that begins with AGE-SECRET-KEY-PQ-1",
            Self::NoRecipient(_) | Self::NotARecipient(_) => "one on each line: age1pq1... and 1952 more characters",
            Self::DamagedIdentity(_) => {
                "it is 77 characters long: mend it from another copy; a new key opens nothing that was sealed to this one"
            }
            Self::OtherKey {
                asked: Kind::Shares, ..
            } => "a copy from before `satchel split` does not know the shares: take the file that was split",
            Self::OtherKey { opens, .. } if opens.has(Kind::Passphrase) => {
                "leave the other options out and it is asked for; --passphrase-file reads it from a file"
            }
            Self::OtherKey { opens, .. } if opens.has(Kind::Identity) => "-i names the key file",
            Self::OtherKey { opens, .. } if opens.has(Kind::Link) => "--link-file names a file with the link",
            Self::OtherKey { opens, .. } if opens.has(Kind::Shares) => "`satchel combine` takes the shares",
            Self::OpensAlready => "nothing was changed",
            Self::IdentityForRecipient(_) => {
                "`satchel keygen -y FILE` prints its recipient; show the identity to nobody"
            }
            Self::ClassicKey(_) => "`satchel keygen` or `age-keygen -pq` makes one that is safe",
            Self::NoShare {
                why: NoShare::UnknownWord(_) | NoShare::Mistyped,
                ..
            } => "compare it with the paper, word by word: they are common English words, of 3 to 8 letters",
            Self::NoShare {
                why: NoShare::MistypedCode | NoShare::UnknownCharacter(_),
                ..
            } => "compare it with the paper, capital letters and small ones apart; or take the 40 words instead",
            Self::NoShare { .. } => "either is enough: the 40 words in their order, or the code",
            Self::ShareCount { .. } => "-k is how many it takes, -n how many there are: -k 3 -n 5",
            Self::ContainerCount(_) => "satchel combine CONTAINER SHARE...",
            Self::TwoKinds => "--remove-passphrases or --remove-recipients takes the others away in the same run",
            Self::PassphraseAndRecipients => "leave one of them out",
            Self::Table {
                why: TableError::NotText | TableError::NotUtf8 { .. },
                ..
            } => "save it again as CSV in UTF-8; nothing was written",
            Self::Table {
                why: TableError::Swallowed { .. },
                ..
            } => {
                "rows could go to another department with it: mend the quotes there, or take the line break or the separators out of that text; nothing was written"
            }
            Self::Table {
                why: TableError::OpenQuote { .. } | TableError::AfterQuote { .. },
                ..
            } => "rows could go to another department with it: mend the quotes there; nothing was written",
            Self::Table {
                why: TableError::Uneven { .. },
                ..
            } => "a quote or a separator is missing there; nothing was written",
            Self::Table {
                why: TableError::TwoColumns,
                ..
            } => "rename one of them in the table's first line; nothing was written",
            Self::Table {
                why: TableError::Empty, ..
            } => "save it again with the names of its columns in the first line; nothing was written",
            Self::Table { .. } => "--split-by takes the name of a column; nothing was written",
            Self::NoDepartment(_) => "add them below [departments], or mend the rows; nothing was written",
            Self::DepartmentTwice { .. } => "leave one of them out; nothing was written",
            Self::BadDepartments { .. } | Self::NobodyNamed { .. } => {
                "committee = [\"age1pq1...\"], then [departments] with lines such as Kitchen = \"age1pq1...\""
            }
            Self::SeveralInOne(_) => "make a list of them: [\"age1pq1...\", \"age1pq1...\"]",
            Self::NoSuchVerb(_) => "`satchel --help` names them",
            Self::TooManyForSet(_) => {
                "the committee counts once for each department: name fewer of it, or one key that they share"
            }
            Self::OneTable(_) => {
                "satchel encrypt members.csv --split-by Department --to departments.toml -o members.satchel"
            }
            Self::NothingToChange => "--add-passphrase, --add-recipient, --remove-this and others say what",
            Self::OtherProfile(_) => "leave --profile out, or take the others away with --remove-passphrases",
            Self::NobodyKnownToBeLeft => {
                "name somebody who is, with -r or -R in the same run; who is there twice opens it all the same"
            }
            Self::NothingOpens => "add a passphrase or a recipient in the same run",
            Self::TooManyWays => "4 passphrases, 64 recipients, 4 times shares",
            Self::NotInPlace => "save it to a file first",
            Self::FixedKeys => "open it, and seal what is in it again",
            Self::RekeysTwice(_) => "let that one finish",
            Self::NoPage => "`cargo xtask build` makes one with it; without --html, encrypt makes a container",
            Self::NoPageBuiltIn => "`cargo xtask build` makes one with it",
            Self::PageDiffers { .. } => {
                "open and seal nothing on it: `satchel get` and `satchel share` need no page; tell whoever runs the server"
            }
            Self::PageOfOtherVersion { .. } => {
                "take the satchel of that version to compare; a page that was tampered with could say the same"
            }
            Self::PageOfOtherToolchain { .. } => {
                "other tools make other bytes: a satchel built with those compares; a page that was tampered with could say the same"
            }
            Self::NoManifest(_) => {
                "a server of an older version, or without its page, or no Satchel: it cannot be told"
            }
            Self::PageTooSlow(_) => "--within gives it more time",
            Self::TooLargeForLetter => "seal it into a container with -o instead of --html: that takes any size",
            Self::NoServer | Self::LinkWithoutServer => "name one with --server or in SATCHEL_SERVER",
            Self::Address(AddressError::InsecureOrigin(_)) => "take https; http is for this machine and onion services",
            Self::Address(AddressError::NoLink | AddressError::Empty) => "a link ends in # and 47 characters",
            Self::ReceiptForLink => "`satchel status` and `satchel burn` take receipts",
            Self::OwnerFor(_) => "`satchel status`, `satchel link` and `satchel burn` take it",
            Self::NotAnOwner => "`satchel share --links N` gives one; a receipt of one link makes no more links",
            Self::PanicFor(_) => "`satchel panic burn` takes it, and burns everything that was made under it",
            Self::PanicWords(_) => "compare them with the paper, word by word; nothing was burned",
            Self::PanicNewTakesNone => "`satchel panic burn` takes a panic link",
            Self::PanicOfAnotherServer(_) => {
                "its secret would tell this server what belongs together there: make one for this server"
            }
            Self::LedgerIsOn(_) => "`satchel list-mine` shows what is in it",
            Self::PanicIsKept => {
                "`satchel panic show` prints it; --force keeps the new one in its place, and the old one nowhere"
            }
            Self::LedgerIsOff => "`satchel ledger on` begins one",
            Self::LedgerOffDeletes => "--delete does that; what was shared stays as it is",
            Self::LedgerNotRead(_) => "it is left as it is: move it away, or take a newer satchel",
            Self::NoSuchReceipt(_) => "`satchel list-mine` shows their numbers; nothing was forgotten",
            Self::NoPanicKept => "`satchel panic new --keep` puts one there",
            Self::NotWrittenDown(_) => "keep the receipt yourself",
            Self::Silent(_) => "the same command can be tried again",
            Self::NotPanic => "`satchel panic new` prints both: a link, and 25 words in their order",
            Self::NoSuchLink(_) => "`satchel status` shows what they are called",
            Self::LinkTwice { .. } => "--link N takes the number that `satchel status` shows",
            Self::NameCount { .. } => "one name on each line; without --links there is one link for each",
            Self::BadLinkName { .. } => {
                "a name has at most 127 bytes, is no number, and is there once; nothing was shared"
            }
            Self::ChangeWhat => "satchel change --expires 3d, --reads 2, or both",
            Self::WhichLink => "--link N names one, by the number that `satchel status` shows",
            Self::LinkForReceipt => "`satchel get` opens links; nothing was opened now",
            Self::InviteFor(_) => "`satchel share --invite` takes invites",
            Self::NotAnInvite => "an invite is a link that whoever runs the server hands out; others open or burn",
            Self::InviteOfAnotherServer(_) => "name that server, or leave --server out",
            Self::NameTwice(_) => "give one of them another name, or seal the folder that holds both",
            Self::Exists(_) => "--force replaces it; or name another place",
            Self::OutputIsInput(_) => "name another place",
            Self::ShareInTheWay(_) => {
                "put the new ones into a folder of their own, with -o FOLDER/; nothing was changed"
            }
            Self::SymlinkInTheWay(_) => "move it away, or name another place: -o takes the folder itself",
            Self::InTheWay(_) => "move it away, or name another place; --force replaces files alone",
            Self::NoShares => "name the files that hold them; on a terminal they are asked for",
            Self::LetterDamaged(_) => "copy or download it again",
            Self::SharesNeedFolder => "-o names one; without it they go to the present folder",
            Self::FileForMany { .. } => "-o with a folder takes them all",
            Self::ManyForStdout(_) => "-o with a folder takes them all; --only takes one out of a container",
            Self::NoSuchEntry(_) => "`satchel list` names what is in it",
            Self::LooksAlike(_) => {
                "they look alike: `satchel list --json` tells them apart; without --only all of them are taken out"
            }
            Self::BinaryForTerminal => "-o names a place for it",
            Self::Changed(_) => "seal it again when nothing writes to it",
            Self::GetsTwice => "let that one finish; should it stop, get the link again, and it goes on",
            Self::OnionWithoutTor => "run Tor, and set ALL_PROXY=socks5h://127.0.0.1:9050",
            Self::LeaseKept(_) => "the read is yours for a while still: get it again, and it goes on where it stopped",
            Self::Read { path, .. } if holds_a_secret(&at(path)) => {
                "what was typed stands in your shell's history now: a key or a share belongs in a file, and `satchel get` asks for a link"
            }
            Self::Client(error) => return client_hint(error),
            _ => return None,
        })
    }
}

fn client_hint(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Verdict(verdict) => return verdict_hint(*verdict),
        Error::NotFound => "it never was, or so long ago that no trace is left",
        Error::Burned {
            burned: Some(Burned::Reads),
            ..
        } => "if that was not you, somebody else has read it: tell its sender",
        Error::BeingRead => "if that is not you, somebody else has the link: tell its sender",
        Error::LeaseEnded => "the read is used up: ask its sender to share it again",
        Error::WrongPassphrase { .. } => "nothing was used up; the link can be tried again",
        Error::Wait { .. } => "its sender can end the wait: `satchel change --end-wait`",
        Error::ReadsNotFewer { .. } => "nothing was changed; `satchel burn` ends it at once",
        Error::LinksNotAllowed { .. } => "share it twice for more",
        Error::InviteRequired => "ask whoever runs the server for one; --invite takes it",
        Error::InviteRefused { left: None } => "ask whoever runs the server for another; --invite takes it",
        Error::InviteRefused { .. } => "share less, or ask whoever runs the server for another",
        Error::Unreachable => "the same command can be tried again",
        Error::BadAnswer { status: 300..400 } => {
            "the server redirects, which is not followed: name the address it leads to"
        }
        Error::BadAnswer { .. } => "is this the address of a Satchel server?",
        _ => return None,
    })
}

fn verdict_hint(verdict: Verdict) -> Option<&'static str> {
    Some(match verdict {
        Verdict::NoMatchingSlot => {
            "`satchel inspect` says what opens it: -i takes a key file, --share a recovery share, --link-file a link"
        }
        Verdict::MalformedRecipient => "copy it again, whole: age1pq1... and 1952 more characters",
        Verdict::WrongShare(_) => {
            "it is of an older split, or the container is an older copy: take the file that was split last"
        }
        Verdict::ShareOfAnotherContainer(_) => {
            "`satchel inspect` shows a container's id, and each share names its container's"
        }
        Verdict::MixedShares => "take those that were made at one time",
        Verdict::TooFewShares { .. } => "ask another of those who have one; the same share twice counts once",
        Verdict::MalformedLink => "copy it again, whole; nothing was asked of any server",
        Verdict::UnsupportedVersion(_)
        | Verdict::SetNotSupported
        | Verdict::UnsupportedLinkVersion
        | Verdict::UnsupportedLinkFlags => "a newer satchel may open it",
        Verdict::Truncated => "copy or download it again",
        _ => return None,
    })
}

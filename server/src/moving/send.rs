//! The old side: fences its store, hands all of it over, and destroys its keys when the other one has it.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::calling::{call, expect, heard};
use super::channel::{Broken, Channel};
use super::error::{MoveCommandError, RefusedBy};
use super::key::MoveKey;
use super::progress::{Progress, Voice, note, size};
use super::said::{Answer, Hello, Said, Welcome};
use super::slots;
use crate::config::Settings;
use crate::control::{self, Request};
use crate::serve::{self, Opening, ServeError};
use crate::storage::Storage as _;
use crate::store::moving::{self, Fence, Leaving, MoveId, Position, Stage, Sums};
use crate::store::{Clock as _, MoveError, OpenError, SystemClock, SystemRandom};

/// Batches that are on their way at once.
const WINDOW: usize = 4;
/// The other side looks at everything.
const LOOKING: Duration = Duration::from_secs(1800);
/// A server that is told to stop has as long.
const STOPPING: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

/// What was asked for.
pub struct MoveOrder<'a> {
    /// Where to.
    pub to: Option<&'a str>,
    /// Where the key is.
    pub key_file: Option<&'a Path>,
    /// The other way: serve again.
    pub take_back: bool,
    /// So long after a cut it is tried again.
    pub patience: Duration,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Where to.
    pub to: String,
    /// Items and tombstones.
    pub items: u64,
    /// Bytes that went.
    pub bytes: u64,
    /// It is served here again.
    pub taken_back: bool,
    /// The other side knows.
    pub told: bool,
}

impl Moved {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = if !self.taken_back {
            writeln!(
                text,
                "Moved to {}: {} items and tombstones, {}. The keys here are destroyed: start the new server, and send people there.",
                self.to,
                self.items,
                size(self.bytes)
            )
        } else if self.told {
            writeln!(
                text,
                "Taken back: start the server again. What {} had is destroyed there.",
                self.to
            )
        } else {
            writeln!(
                text,
                "Taken back: start the server again. {} could not be told: remove what it received, and never use `satchel-server receive --finish` there.",
                self.to
            )
        };
        text
    }
}

/// Moves, goes on with a move, finishes one, or takes it back.
///
/// # Errors
/// [`MoveCommandError`].
pub fn hand_over(settings: &Settings, order: &MoveOrder<'_>) -> Result<Moved, MoveCommandError> {
    hand_over_by(settings, order, Voice::Aloud)
}

pub(super) fn hand_over_by(
    settings: &Settings,
    order: &MoveOrder<'_>,
    voice: Voice,
) -> Result<Moved, MoveCommandError> {
    let slots = slots(settings)?;
    let fence = Fence::read(&settings.data).map_err(MoveError::from)?;
    if order.take_back {
        return take_back(settings, order, fence);
    }
    if let Some(fence) = fence.as_ref().filter(|fence| fence.stage == Stage::Gone) {
        return Ok(moved(fence));
    }
    let known = fence.as_ref().map(|fence| fence.to.as_str());
    let to = order.to.or(known).ok_or(MoveCommandError::NoAddress)?.to_owned();
    let key = MoveKey::read(order.key_file.ok_or(MoveCommandError::NoKeyFile)?)?;
    let (sums, origin) = match &fence {
        // There is nothing left to count.
        Some(fence) if fence.stage == Stage::Given => (Sums::default(), fence.origin),
        Some(fence) => Sums::of(&settings.data, fence.origin.id)?,
        None => {
            let id = MoveId::generate(&SystemRandom).map_err(MoveError::from)?;
            Sums::of(&settings.data, id)?
        }
    };
    let mut sender = Sender {
        settings,
        slots,
        key,
        hello: Hello {
            origin,
            now: SystemClock.now(),
            items: sums.items,
            bytes: sums.bytes,
        },
        fence: fence.unwrap_or(Fence {
            origin,
            to: to.clone(),
            stage: Stage::Fenced,
            items: 0,
            bytes: 0,
        }),
        leaving: None,
        reached: 0,
        voice,
    };
    sender.fence.to = to;
    sender.run(order.patience)
}

fn moved(fence: &Fence) -> Moved {
    Moved {
        to: fence.to.clone(),
        items: fence.items,
        bytes: fence.bytes,
        taken_back: false,
        told: true,
    }
}

struct Sender<'a> {
    settings: &'a Settings,
    slots: PathBuf,
    key: MoveKey,
    hello: Hello,
    fence: Fence,
    leaving: Option<Leaving>,
    /// Items that are on the other side's disk.
    reached: u64,
    voice: Voice,
}

impl Sender<'_> {
    /// Again after a cut, as long as there is patience.
    fn run(mut self, patience: Duration) -> Result<Moved, MoveCommandError> {
        let mut since = Instant::now();
        let mut was_there = false;
        loop {
            if self.fence.stage == Stage::Given {
                // Whatever a crash left of them.
                self.destroy()?;
            }
            let done = self.once(&mut was_there, &mut since);
            let may_try = was_there && since.elapsed() < patience;
            match done {
                Ok(()) => return Ok(moved(&self.fence)),
                Err(error) if error.is_cut() && may_try => {
                    self.voice.note(&format!("{error}; trying again"));
                    std::thread::sleep(PAUSE * 5);
                }
                Err(error) => return Err(self.explained(error)),
            }
        }
    }

    fn explained(&self, error: MoveCommandError) -> MoveCommandError {
        match error {
            error if self.fence.stage == Stage::Given && error.is_of_connection() => MoveCommandError::Unanswered {
                reason: error.to_string(),
            },
            MoveCommandError::Broken(broken @ Broken::Cut(_)) => MoveCommandError::Cut {
                items: self.reached,
                broken,
            },
            error => error,
        }
    }

    fn once(&mut self, was_there: &mut bool, since: &mut Instant) -> Result<(), MoveCommandError> {
        let mut channel = call(&self.fence.to, &self.key)?;
        // Hours after the first connection that one's would be wrong.
        self.hello.now = SystemClock.now();
        channel.say(&Said::Hello(self.hello))?;
        channel.is_known()?;
        let welcome = match heard(&mut channel)? {
            Answer::Welcome(welcome) => welcome,
            _ => return Err(Broken::Wrong.into()),
        };
        *was_there = true;
        *since = Instant::now();
        if self.fence.stage != Stage::Given {
            self.fence()?;
            self.send(&mut channel, welcome)?;
            self.fence.stage = Stage::Given;
            self.fence.write(&self.settings.data)?;
            self.destroy()?;
        } else if let Welcome::At(_) = welcome {
            return Err(RefusedBy(super::said::Refusal::Unknown).into());
        }
        *since = Instant::now();
        channel.say(&Said::Release)?;
        expect(&mut channel, |answer| matches!(answer, Answer::Done))?;
        self.fence.stage = Stage::Gone;
        self.fence.write(&self.settings.data)?;
        // It needs nothing of the move any more; where it does not hear that, nothing is lost.
        let _ = channel.say(&Said::Goodbye);
        Ok(())
    }

    /// Nobody serves from here on, and nothing changes.
    fn fence(&mut self) -> Result<(), MoveCommandError> {
        self.fence.write(&self.settings.data)?;
        if self.leaving.is_some() {
            return Ok(());
        }
        if self.fence.stage == Stage::Fenced {
            self.settle()?;
        }
        let leaving = Leaving::open(&self.settings.data, &self.slots)?;
        match leaving.damaged()? {
            0 => {}
            items => return Err(MoveError::Damaged { items }.into()),
        }
        self.fence.stage = Stage::Sending;
        self.fence.write(&self.settings.data)?;
        self.leaving = Some(leaving);
        Ok(())
    }

    /// The server ends, and what it or a crash left to finish is finished: burns that were cut off, and what is due.
    fn settle(&self) -> Result<(), MoveCommandError> {
        let until = Instant::now() + STOPPING;
        let store = loop {
            // It may be gone before it answers.
            if let Ok(Some(control::Answer::Failed(sentence))) = control::ask(&self.settings.data, &Request::Stop) {
                return Err(MoveCommandError::Control(std::io::Error::other(sentence)));
            }
            match serve::open(self.settings, Opening::past_fence()) {
                Err(ServeError::Open {
                    source: OpenError::InUse,
                    ..
                }) if Instant::now() < until => std::thread::sleep(PAUSE),
                Err(ServeError::Open {
                    source: OpenError::InUse,
                    ..
                }) => return Err(MoveCommandError::DoesNotStop),
                opened => break opened?,
            }
        };
        let swept = actix_web::rt::System::new().block_on(store.sweep());
        store.close();
        Ok(swept?)
    }

    fn send(&mut self, channel: &mut Channel, welcome: Welcome) -> Result<(), MoveCommandError> {
        let Some(leaving) = &mut self.leaving else {
            return Err(MoveCommandError::NotMoving);
        };
        if let Welcome::At(position) = welcome {
            let mut progress = Progress::new(self.hello.items, self.hello.bytes, self.voice);
            let mut flow = Flow {
                reached: &mut self.reached,
                on_the_way: VecDeque::new(),
                progress: &mut progress,
            };
            leaving.rewind();
            let mut at = position;
            loop {
                let (batch, next) = leaving.batch(at)?;
                if batch.is_empty() {
                    break;
                }
                if let Err(broken) = channel.batch(batch.bytes()) {
                    return Err(why(channel, broken));
                }
                at = next;
                flow.on_the_way.push_back(next);
                flow.settle(channel, WINDOW)?;
            }
            flow.settle(channel, 1)?;
            self.fence.bytes = at.bytes;
        }
        let whole = leaving.whole()?;
        self.fence.items = whole.items + whole.tombs;
        if welcome != Welcome::Arrived {
            channel.say(&Said::End(whole))?;
            channel.wait_for(LOOKING)?;
            expect(channel, |answer| matches!(answer, Answer::Have))?;
        }
        Ok(())
    }

    fn destroy(&mut self) -> Result<(), MoveCommandError> {
        match self.leaving.take() {
            Some(leaving) => leaving.destroy(&self.settings.data, &self.slots)?,
            None => moving::destroy(&self.settings.data, &self.slots)?,
        }
        Ok(())
    }
}

/// The other side may have said why before it went.
fn why(channel: &mut Channel, broken: Broken) -> MoveCommandError {
    if channel.wait_for(PAUSE).is_err() {
        return broken.into();
    }
    loop {
        match heard(channel) {
            Ok(Answer::Reached(_)) => {}
            Err(MoveCommandError::Refused(refused)) => return refused.into(),
            Ok(_) | Err(_) => return broken.into(),
        }
    }
}

/// Batches on their way, and what was said of those before.
struct Flow<'a> {
    reached: &'a mut u64,
    on_the_way: VecDeque<Position>,
    progress: &'a mut Progress,
}

impl Flow<'_> {
    /// Waits until fewer than so many are on their way.
    fn settle(&mut self, channel: &mut Channel, many: usize) -> Result<(), MoveCommandError> {
        while self.on_the_way.len() >= many {
            let Answer::Reached(position) = heard(channel)? else {
                return Err(Broken::Wrong.into());
            };
            if self.on_the_way.pop_front() != Some(position) {
                return Err(Broken::Wrong.into());
            }
            *self.reached = position.items;
            self.progress.at(&position);
        }
        Ok(())
    }
}

/// Serves here again, where nothing was given yet.
fn take_back(settings: &Settings, order: &MoveOrder<'_>, fence: Option<Fence>) -> Result<Moved, MoveCommandError> {
    let mut fence = fence.ok_or(MoveCommandError::NotMoving)?;
    // Before anything goes, its server may still be running.
    let lock = (fence.stage != Stage::Fenced)
        .then(|| moving::alone(&settings.data))
        .transpose()?;
    if lock.is_some() {
        let again = Fence::read(&settings.data).map_err(MoveError::from)?;
        fence = again.ok_or(MoveCommandError::NotMoving)?;
    }
    if matches!(fence.stage, Stage::Given | Stage::Gone) {
        return Err(MoveCommandError::Given);
    }
    if let Some(to) = order.to {
        to.clone_into(&mut fence.to);
    }
    let told = order.key_file.map_or(Ok(false), |path| {
        let key = MoveKey::read(path)?;
        Ok::<_, MoveCommandError>(tell(&fence, &key).inspect_err(|error| note(&error.to_string())).is_ok())
    })?;
    Fence::lift(&settings.data)?;
    Ok(Moved {
        taken_back: true,
        told,
        ..moved(&fence)
    })
}

fn tell(fence: &Fence, key: &MoveKey) -> Result<(), MoveCommandError> {
    let mut channel = call(&fence.to, key)?;
    channel.say(&Said::TakeBack(fence.origin.id))?;
    channel.is_known()?;
    expect(&mut channel, |answer| matches!(answer, Answer::Dropped))
}

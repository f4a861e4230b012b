//! One paste of the model: what its creator and its readers are answered.

use super::*;

impl Paste {
    pub(super) fn gone(&self) -> Option<Answer<Pieces>> {
        let burned = self.burned?;
        Some(problem(Problem::burned(satchel_api::Tombstone {
            burned,
            burned_at: 1_800_000_000,
        })))
    }

    fn reads_left(&self) -> Option<u32> {
        (self.reads > 0).then(|| self.reads - self.reads_used)
    }

    pub(super) fn for_creator(&mut self, request: &Request<'_>, body: &[u8]) -> Answer<Pieces> {
        if bearer(request) != self.receipt {
            return refuse(Code::NotFound);
        }
        let offset = |paste: &Self| [(name::UPLOAD_OFFSET, paste.bytes.len().to_string())];
        match request.method {
            "GET" => answer(200, &[], serde_json::to_vec(&self.receipt_state()).unwrap()),
            "DELETE" => {
                self.burned = self.burned.or(Some(Burned::Demand));
                answer(204, &[], Vec::new())
            }
            _ if self.burned.is_some() => self.gone().unwrap(),
            "HEAD" => answer(200, &offset(self), Vec::new()),
            _ => {
                let at: usize = header(request, name::UPLOAD_OFFSET).unwrap().parse().unwrap();
                if at != self.bytes.len() {
                    return problem(Problem {
                        offset: Some(self.bytes.len() as u64),
                        ..Problem::new(Code::OffsetMismatch)
                    });
                }
                self.bytes.extend_from_slice(body);
                assert!(self.bytes.len() <= self.total);
                answer(204, &offset(self), Vec::new())
            }
        }
    }

    fn receipt_state(&self) -> Receipt {
        let whole = self.bytes.len() == self.total;
        Receipt {
            state: match self.burned {
                Some(_) => PasteState::Burned,
                None if whole => PasteState::Stored,
                None => PasteState::Uploading,
            },
            burned: self.burned,
            burned_at: None,
            size: None,
            reads: self.reads,
            reads_left: self.reads_left(),
            reads_used: self.reads_used,
            leases_running: 0,
            wrong_tries: self.wrong_tries,
            retry_after: self.wait,
            expires_at: whole.then_some(1_800_000_000),
        }
    }

    /// What a reader without the right probe token, or before the upload is whole, is told.
    fn hidden(&self, probe: &str) -> Option<Answer<Pieces>> {
        if probe != self.probe || self.bytes.len() < self.total {
            return Some(refuse(Code::NotFound));
        }
        self.gone()
    }

    pub(super) fn probe(&self, request: &Request<'_>) -> Answer<Pieces> {
        if let Some(hidden) = self.hidden(&bearer(request)) {
            return hidden;
        }
        let probed = Probed {
            size: self.total as u64,
            reads: self.reads,
            reads_left: self.reads_left(),
            expires_at: 1_800_000_000,
            tries_left: 10 - self.wrong_tries,
            burns_on_guessing: false,
            retry_after: self.wait,
        };
        answer(200, &[], serde_json::to_vec(&probed).unwrap())
    }

    pub(super) fn claim(&mut self, request: &Request<'_>) -> Answer<Pieces> {
        let probe = hash(header(request, name::PROBE).unwrap());
        let lease = hash(header(request, name::LEASE).unwrap());
        if self.leases.get(&lease) == Some(&true) {
            return refuse(Code::LeaseEnded);
        }
        if let Some(hidden) = self.hidden(&probe) {
            return hidden;
        }
        if self.wait > 0 {
            return problem(Problem {
                retry_after: Some(self.wait),
                ..Problem::new(Code::Wait)
            });
        }
        if bearer(request) != self.claim {
            self.wrong_tries += 1;
            let tries_left = Some(10 - self.wrong_tries);
            return problem(Problem {
                tries_left,
                ..Problem::new(Code::WrongPassphrase)
            });
        }
        if !self.leases.contains_key(&lease) {
            if self.reads_left() == Some(0) {
                return refuse(Code::NotFound);
            }
            self.reads_used += 1;
            self.leases.insert(lease, false);
        }
        let left = self
            .reads_left()
            .map_or_else(|| "unlimited".into(), |left| left.to_string());
        answer(200, &[(name::READS_LEFT, left)], self.bytes.clone())
    }

    pub(super) fn content(&self, request: &Request<'_>) -> Answer<Pieces> {
        match self.leases.get(&bearer(request)) {
            None => return refuse(Code::NotFound),
            Some(true) => return refuse(Code::LeaseEnded),
            Some(false) => {}
        }
        let range = header(request, "range").unwrap();
        let from: usize = range
            .strip_prefix("bytes=")
            .unwrap()
            .strip_suffix('-')
            .unwrap()
            .parse()
            .unwrap();
        let said = format!("bytes {from}-{}/{}", self.total - 1, self.total);
        answer(206, &[("content-range", said)], self.bytes[from..].to_vec())
    }

    pub(super) fn confirm(&mut self, request: &Request<'_>) -> Answer<Pieces> {
        match self.leases.get_mut(&bearer(request)) {
            None => return refuse(Code::NotFound),
            Some(ended) if *ended => return self.gone().unwrap_or_else(|| refuse(Code::LeaseEnded)),
            Some(ended) => *ended = true,
        }
        if self.reads_left() == Some(0) && self.leases.values().all(|ended| *ended) {
            self.burned = Some(Burned::Reads);
            self.bytes = vec![0; self.total];
        }
        answer(204, &[], Vec::new())
    }
}

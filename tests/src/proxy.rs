//! The real reverse proxies with the files of deploy/, changed in addresses, names and certificates alone, each in a folder of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::files_below;

/// Whose program it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Caddy.
    Caddy,
    /// nginx.
    Nginx,
    /// Traefik.
    Traefik,
}

/// Where it serves Satchel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the root of its site.
    Root,
    /// Under `/prefix/`.
    Folder,
}

impl Place {
    /// What follows the address.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Root => "",
            Self::Folder => "/prefix",
        }
    }
}

/// A proxy that runs.
pub struct Proxy {
    child: Child,
    folder: TempDir,
    plain: u16,
    tls: u16,
    place: Place,
}

const PATIENCE: Duration = Duration::from_secs(30);
const GRACE: Duration = Duration::from_secs(2);

impl Kind {
    /// The program: what the variable `SATCHEL_CADDY` and so on names, or what is on the path.
    fn program(self) -> Option<PathBuf> {
        let (variable, name) = match self {
            Self::Caddy => ("SATCHEL_CADDY", "caddy"),
            Self::Nginx => ("SATCHEL_NGINX", "nginx"),
            Self::Traefik => ("SATCHEL_TRAEFIK", "traefik"),
        };
        std::env::var_os(variable).map(PathBuf::from).or_else(|| on_path(name))
    }

    /// Starts it in front of `upstream`, an address and port where nobody listens yet, and waits until it asks there. `None` where there is no such program, which is then
    /// said on standard error for `test`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(self, test: &str, upstream: &str, place: Place) -> Option<Proxy> {
        let Some(program) = self.program() else {
            // Not `eprintln`, which the test runner swallows.
            let _ = writeln!(std::io::stderr(), "skipped: {test}: no {self:?} on this machine");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let [plain, tls, redirecting] = free_ports();
        let setting = Setting {
            folder: folder.path(),
            upstream,
            place,
            ports: [plain, tls, redirecting],
        };
        let mut command = Command::new(program);
        match self {
            Self::Caddy => setting.caddy(&mut command),
            Self::Nginx => setting.nginx(&mut command),
            Self::Traefik => setting.traefik(&mut command),
        }
        let said = fs::File::create(folder.path().join("said")).unwrap();
        let child = command
            .current_dir(folder.path())
            .envs(["HOME", "TMPDIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, folder.path())))
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        let mut proxy = Proxy {
            child,
            folder,
            plain,
            tls,
            place,
        };
        proxy.wait_until_it_asks();
        Some(proxy)
    }
}

impl Proxy {
    /// `http://127.0.0.1:PORT`, and the folder where it is under one.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.plain, self.place.path())
    }

    /// The address of [`url`](Self::url), without the folder.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.plain)
    }

    /// Its port for TLS, as people reach it.
    #[must_use]
    pub const fn tls_port(&self) -> u16 {
        self.tls
    }

    /// Where all is that it writes.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Bytes of the files in its folder and of those that it or a child of it holds open, removed or not: what it keeps on the disk.
    ///
    /// # Panics
    /// When it is gone.
    #[must_use]
    pub fn bytes_on_disk(&self) -> u64 {
        let there = files_below(self.folder.path());
        let named: u64 = there
            .iter()
            .filter_map(|path| Some(fs::metadata(path).ok()?.len()))
            .sum();
        let own = self.folder.path().to_string_lossy().into_owned();
        let removed = self.processes().into_iter().flat_map(|pid| {
            let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            open.map(|entry| entry.path()).collect::<Vec<_>>()
        });
        let removed = removed.filter(|path| {
            fs::read_link(path).is_ok_and(|to| {
                let to = to.to_string_lossy();
                to.ends_with("(deleted)") && (to.starts_with(&own) || to.starts_with("/tmp"))
            })
        });
        named
            + removed
                .filter_map(|path| Some(fs::metadata(path).ok()?.len()))
                .sum::<u64>()
    }

    /// It and its children: nginx has workers.
    fn processes(&self) -> Vec<u32> {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        std::iter::once(own).chain(children).collect()
    }

    /// Ends it as a person would, and gives the folder with all that it wrote.
    ///
    /// # Panics
    /// When it had ended before.
    #[must_use]
    pub fn stop(mut self) -> Vec<(PathBuf, Vec<u8>)> {
        self.end();
        let files = files_below(self.folder.path()).into_iter();
        files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
    }

    fn end(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let pid = self.child.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &pid]).status();
            // Connections that nobody uses any more are waited for, by some for ten seconds.
            let begun = Instant::now();
            while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && begun.elapsed() < GRACE {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// Nobody is there to be asked: who gets a 502 has come as far as that.
    fn wait_until_it_asks(&mut self) {
        let begun = Instant::now();
        while self.status() != Some(502) {
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && begun.elapsed() < PATIENCE,
                "it did not start: {}",
                fs::read_to_string(self.folder.path().join("said")).unwrap()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn status(&self) -> Option<u16> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.plain)).ok()?;
        let path = self.place.path();
        let head = format!("GET {path}/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).ok()?;
        let mut line = [0; 12];
        stream.read_exact(&mut line).ok()?;
        std::str::from_utf8(&line[9..]).ok()?.parse().ok()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.end();
    }
}

/// What differs from the files of deploy/.
struct Setting<'a> {
    folder: &'a Path,
    upstream: &'a str,
    place: Place,
    /// Without TLS, with it, and of who is sent from the one to the other.
    ports: [u16; 3],
}

impl Setting<'_> {
    fn caddy(&self, command: &mut Command) {
        let [plain, tls, redirecting] = self.ports;
        let mut text = shipped("caddy/Caddyfile");
        if self.place == Place::Folder {
            text = uncommented(&text);
            text = replaced(&text, "\timport satchel\n\n", "\n");
        }
        // Its port for redirects, and all its addresses, are of the whole machine.
        let text = replaced(
            &text,
            "\tadmin off\n",
            &format!("\tadmin off\n\thttp_port {redirecting}\n\tdefault_bind 127.0.0.1\n"),
        );
        self.write("Caddyfile", &text);
        command
            .args(["run", "--config", "Caddyfile"])
            .env("SATCHEL_SITE", format!("https://localhost:{tls}, http://:{plain}"))
            .env("SATCHEL_UPSTREAM", self.upstream);
    }

    fn nginx(&self, command: &mut Command) {
        let [plain, tls, redirecting] = self.ports;
        let folder = self.folder.display();
        let mut text = shipped("nginx/satchel.conf");
        if self.place == Place::Folder {
            text = uncommented(&text);
            text = without(&text, "    location / {\n", "    }\n");
        }
        for (from, to) in [
            ("    listen 80;\n", format!("    listen 127.0.0.1:{redirecting};\n")),
            ("    listen [::]:80;\n", String::new()),
            (
                "    listen 443 ssl http2;\n",
                format!("    listen 127.0.0.1:{tls} ssl http2;\n    listen 127.0.0.1:{plain};\n"),
            ),
            ("    listen [::]:443 ssl http2;\n", String::new()),
            ("/etc/letsencrypt/live/satchel.example.org/", format!("{folder}/")),
            ("127.0.0.1:8787", self.upstream.to_owned()),
        ] {
            text = replaced(&text, from, &to);
        }
        self.write("satchel.conf", &text);
        self.write("satchel-proxy.conf", &shipped("nginx/satchel-proxy.conf"));
        certificate(self.folder);
        // As Debian's nginx.conf has it: both logs, and folders for bodies.
        let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let scratch = scratch.map(|name| format!("    {name}_temp_path {folder}/{name};\n"));
        let user = match Command::new("id").arg("-u").output() {
            Ok(output) if output.stdout == b"0\n" => "user root;\n",
            _ => "",
        };
        let main = format!(
            "{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{}    access_log {folder}/access.log;\n    gzip on;\n    include {folder}/satchel.conf;\n}}\n",
            scratch.concat()
        );
        self.write("nginx.conf", &main);
        command.args([
            "-e",
            "stderr",
            "-p",
            &folder.to_string(),
            "-c",
            &format!("{folder}/nginx.conf"),
        ]);
    }

    fn traefik(&self, command: &mut Command) {
        let [plain, tls, redirecting] = self.ports;
        let mut text = shipped("traefik/traefik.yaml");
        for (from, to) in [
            ("\":80\"", format!("\"127.0.0.1:{redirecting}\"")),
            ("\":443\"", format!("\"127.0.0.1:{tls}\"")),
            // Two seconds, else, before it looks at what it was given.
            (
                "providers:\n",
                "providers:\n  providersThrottleDuration: 20ms\n".to_owned(),
            ),
            ("/var/lib/traefik", self.folder.display().to_string()),
            (
                "entryPoints:\n",
                format!(
                    "entryPoints:\n  plain:\n    address: \"127.0.0.1:{plain}\"\n    transport:\n      respondingTimeouts: {{readTimeout: 0s}}\n"
                ),
            ),
        ] {
            text = replaced(&text, from, &to);
        }
        self.write("traefik.yaml", &text);
        let mut text = shipped("traefik/satchel.yaml");
        if self.place == Place::Folder {
            text = uncommented(&text);
            text = without(&text, "    satchel:\n      entryPoints", "certResolver: letsencrypt}\n");
        }
        let (rule, middlewares) = match self.place {
            Place::Root => ("PathPrefix(`/`)", "[]"),
            Place::Folder => ("PathPrefix(`/prefix/`)", "[prefix]"),
        };
        let router = format!(
            "  routers:\n    plain: {{entryPoints: [plain], rule: \"{rule}\", middlewares: {middlewares}, service: satchel}}\n"
        );
        for (from, to) in [
            ("  routers:\n", router),
            ("{certResolver: letsencrypt}", "{}".to_owned()),
            ("127.0.0.1:8787", self.upstream.to_owned()),
            ("satchel.example.org", "localhost".to_owned()),
        ] {
            text = replaced(&text, from, &to);
        }
        self.write("satchel.yaml", &text);
        command.arg("--configFile=traefik.yaml");
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }
}

/// A file of deploy/.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn shipped(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)).unwrap()
}

/// So that what the files say can't change without the tests that change it.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "deploy/ has no {from:?} any more");
    text.replace(from, to)
}

/// Without what begins so and ends so.
fn without(text: &str, begins: &str, ends: &str) -> String {
    let (before, rest) = text.split_once(begins).unwrap();
    let (_, after) = rest.split_once(ends).unwrap();
    format!("{before}{after}")
}

/// With the lines that follow "Under a folder" as a person makes them count.
fn uncommented(text: &str) -> String {
    let (before, rest) = text.split_once("# Under a folder").unwrap();
    let (line, rest) = rest.split_once('\n').unwrap();
    let mut counts = true;
    let rest = rest.split_inclusive('\n').map(|line| {
        counts &= line.trim_start().starts_with('#');
        if counts {
            line.replacen("# ", "", 1)
        } else {
            line.to_owned()
        }
    });
    format!("{before}# Under a folder{line}\n{}", rest.collect::<String>())
}

fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            "privkey.pem",
            "-out",
            "fullchain.pem",
        ])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success(), "openssl makes a certificate");
}

fn free_ports() -> [u16; 3] {
    // All at once, so that they differ.
    let held = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

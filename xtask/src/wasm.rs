//! client-wasm -> WebAssembly -> web/src/gen (for the page) and target/wasm/node (for the tests in Node); what shares alone
//! to web/src/gen/sharing, what web/translate.mjs makes JavaScript of to web/src/gen/translated, and with all of the format to target/wasm/whole.
//!
//! Three ways to a compiler, in this order: the installed target; a toolchain that has the sources of the standard
//! library, which is then built along (Debian's rustc-web and rust-web-src, or rustup's rust-src); installing Debian's.
//! `SATCHEL_WASM_RUSTC` and `SATCHEL_WASM_LINKER` name compiler and linker by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::machine;
use crate::shell;
use crate::stamp::Stamp;

const TRIPLE: &str = "wasm32-unknown-unknown";
/// What ends up in the WebAssembly, and what makes the glue.
const INPUTS: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "api/Cargo.toml",
    "api/src",
    "crypto/Cargo.toml",
    "crypto/src",
    "client/Cargo.toml",
    "client/src",
    "client-wasm/Cargo.toml",
    "client-wasm/src",
    "xtask/bindgen",
    "xtask/src/wasm.rs",
];

/// Beside the glue: what made it.
const RECORD: &str = "toolchain.json";
/// Names a `satchel-bindgen` that is built already.
pub(crate) const BINDGEN: &str = "SATCHEL_BINDGEN";

/// A compiler, and whether the standard library has to be built with it.
pub(crate) struct Toolchain {
    rustc: PathBuf,
    build_std: bool,
    linker: Option<PathBuf>,
}

/// One WebAssembly of client-wasm, and where it goes.
struct Variant {
    stamp: &'static str,
    features: &'static [&'static str],
    /// What the compiler is told beside what all are built with.
    flags: &'static [&'static str],
    /// Where the glue for the page lies, below the project; none where the page has no use for it.
    generated: Option<&'static str>,
    /// What makes the glue is told beside where it goes.
    glue_flags: &'static [&'static str],
    /// Where the glue for the tests in Node lies, below target/wasm.
    glue: &'static str,
}

/// All that the page does.
const EVERYTHING: Variant = Variant {
    stamp: "wasm",
    features: &[],
    flags: &[],
    generated: Some("web/src/gen"),
    glue_flags: &[],
    glue: "node",
};

/// What its first view does.
const SHARING: Variant = Variant {
    stamp: "wasm-sharing",
    features: &["--no-default-features"],
    flags: &[],
    generated: Some("web/src/gen/sharing"),
    glue_flags: &[],
    glue: "sharing",
};

/// All that the page does where the browser has no WebAssembly: without what JavaScript has no word for, but that it copies memory at once.
/// Argon2id is lent by a library.
const TRANSLATED: Variant = Variant {
    stamp: "wasm-translated",
    features: &["--no-default-features", "--features", "everything"],
    flags: &["-Ctarget-cpu=mvp", "-Ctarget-feature=+bulk-memory"],
    generated: Some("web/src/gen/translated"),
    glue_flags: &["--without-references"],
    glue: "translated",
};

/// What has all of the format, for the tests in Node: the page does without a part.
const WHOLE: Variant = Variant {
    stamp: "wasm-whole",
    features: &["--features", "whole"],
    flags: &[],
    generated: None,
    glue_flags: &[],
    glue: "whole",
};

impl Variant {
    fn glue(&self) -> PathBuf {
        shell::target().join("wasm").join(self.glue)
    }

    fn generated(&self) -> PathBuf {
        match self.generated {
            Some(folder) => shell::root().join(folder),
            None => shell::target().join("wasm").join(format!("{}-web", self.glue)),
        }
    }
}

/// Where the glue for the tests in Node lies.
pub(crate) fn node_glue() -> PathBuf {
    EVERYTHING.glue()
}

/// Where the glue of what shares alone lies.
pub(crate) fn sharing_glue() -> PathBuf {
    SHARING.glue()
}

/// Where the glue of all of the format lies, for the vectors.
pub(crate) fn whole_glue() -> PathBuf {
    WHOLE.glue()
}

/// The page's three, when something changed since the last time.
pub(crate) fn build() -> Result<(), Failure> {
    make(&EVERYTHING)?;
    make(&SHARING)?;
    make(&TRANSLATED)
}

/// All of the format.
pub(crate) fn build_whole() -> Result<(), Failure> {
    make(&WHOLE)
}

fn make(variant: &Variant) -> Result<(), Failure> {
    let by_hand = ["SATCHEL_WASM_RUSTC", "SATCHEL_WASM_LINKER"].map(|name| std::env::var(name).unwrap_or_default());
    let stamp = Stamp::of(variant.stamp, &INPUTS, &by_hand.join("\n"))?;
    let (generated, glue) = (variant.generated(), variant.glue());
    let outputs = [
        generated.join("satchel_client_wasm_bg.wasm"),
        glue.join("satchel_client_wasm.js"),
        generated.join(RECORD),
    ];
    if stamp.is_fresh(&outputs.each_ref().map(PathBuf::as_path)) {
        return Ok(());
    }
    let toolchain = toolchain()?;
    shell::say(&format!("building WebAssembly with {}", toolchain.rustc.display()));
    shell::run(compile(&toolchain, variant.flags).args(variant.features))?;
    let built = shell::target()
        .join("wasm")
        .join(TRIPLE)
        .join("wasm/satchel_client_wasm.wasm");
    shell::run(bindgen().arg(&built).args([&generated, &glue]).args(variant.glue_flags))?;
    record(&toolchain, &generated.join(RECORD))?;
    stamp.keep()
}

/// What makes the glue: of this source, or one that is built already.
fn bindgen() -> Command {
    match std::env::var_os(BINDGEN) {
        Some(built) => shell::at_root(built),
        None => {
            let mut cargo = shell::cargo();
            cargo.args(["run", "--quiet", "--package", "satchel-bindgen", "--"]);
            cargo
        }
    }
}

/// What the bytes depend on beside the sources: web/manifest.mjs puts it into the page's manifest.
fn record(toolchain: &Toolchain, path: &Path) -> Result<(), Failure> {
    let version = |program: &Path| {
        let told = shell::answer(shell::at_root(program).arg("--version"));
        told.map_or_else(
            || "unknown".to_owned(),
            |told| told.lines().next().unwrap_or_default().to_owned(),
        )
    };
    let compiler = version(&toolchain.rustc);
    let compiler = compiler.strip_prefix("rustc ").unwrap_or(&compiler);
    let std = if toolchain.build_std {
        "built along"
    } else {
        "ready-made"
    };
    let linker = toolchain
        .linker
        .as_deref()
        .map_or_else(|| "the compiler's own".to_owned(), linker_version);
    let lines = [
        ("rustc", compiler),
        ("std", std),
        ("linker", &linker),
        ("wasm-bindgen", &locked("wasm-bindgen")),
    ];
    let lines = lines.map(|(name, value)| format!("  {name:?}: {value:?}"));
    fs::write(path, format!("{{\n{}\n}}\n", lines.join(",\n"))).map_err(|source| Failure::File {
        path: path.to_path_buf(),
        source,
    })
}

/// `rust-lld` is told by its name which of several linkers it is to be.
fn linker_version(linker: &Path) -> String {
    let asked = shell::at_root(linker).args(["-flavor", "wasm", "--version"]).output();
    let plain = || shell::answer(shell::at_root(linker).arg("--version"));
    let told = asked.ok().filter(|output| output.status.success());
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    told.or_else(plain).unwrap_or_else(|| "unknown".to_owned())
}

/// The version of a crate that Cargo.lock names.
fn locked(name: &str) -> String {
    let lock = fs::read_to_string(shell::root().join("Cargo.lock")).unwrap_or_default();
    let entry = format!("name = \"{name}\"\nversion = \"");
    let version = lock.split_once(&entry).and_then(|(_, rest)| rest.split_once('"'));
    version.map_or("unknown", |(version, _)| version).to_owned()
}

fn compile(toolchain: &Toolchain, further: &[&str]) -> Command {
    let mut cargo = shell::cargo();
    cargo.args([
        "build",
        "--profile",
        "wasm",
        "--package",
        "satchel-client-wasm",
        "--target",
        TRIPLE,
    ]);
    cargo.arg("--target-dir").arg(shell::target().join("wasm"));
    cargo
        .env("RUSTC", &toolchain.rustc)
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTFLAGS");
    let mut flags = remapped(&toolchain.rustc);
    flags.extend(further.iter().copied().map(str::to_owned));
    // SHA-2 runs over a few kilobytes for each document: its loops rolled up are smaller by 15 KB.
    flags.push("--cfg=sha2_backend_soft=\"compact\"".to_owned());
    if toolchain.build_std {
        // A panic is a trap either way; without its texts the file is an eighth smaller.
        flags.extend(
            [
                "-Zunstable-options",
                "-Cpanic=immediate-abort",
                "-Zlocation-detail=none",
            ]
            .map(str::to_owned),
        );
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    if toolchain.build_std {
        // The std of a stable compiler: the flag is unstable, the language used is not.
        cargo
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
    }
    if let Some(linker) = &toolchain.linker {
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    cargo
}

/// Panic messages name source files: without this, those of whoever built the page, in every copy of it.
pub(crate) fn remapped(rustc: &Path) -> Vec<String> {
    let mut flags = vec![
        format!("--remap-path-prefix={}=target", shell::target().display()),
        format!("--remap-path-prefix={}=satchel", shell::root().display()),
    ];
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|folder| folder.join(".cargo")));
    if let Some(home) = home {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    if let Some(sysroot) = print(rustc, &["sysroot"]) {
        flags.push(format!("--remap-path-prefix={sysroot}/lib/rustlib/src/rust=rust"));
    }
    flags
}

/// The first of the three ways that this machine has, installed if need be.
pub(crate) fn toolchain() -> Result<Toolchain, Failure> {
    let named = std::env::var_os("SATCHEL_WASM_RUSTC").map(PathBuf::from);
    let candidates = || match &named {
        Some(rustc) => vec![rustc.clone()],
        None => vec![PathBuf::from("rustc"), PathBuf::from("/usr/bin/rustc")],
    };
    if let Some(found) = first_able(&candidates())? {
        return Ok(found);
    }
    let hint = format!("rustup target add {TRIPLE}");
    if named.is_some() || !machine::may_install() {
        let what = format!("missing: a Rust compiler for {TRIPLE}");
        return Err(Failure::Missing { what, command: hint });
    }
    machine::install("a Rust compiler for WebAssembly", &["rustc-web", "rust-web-src"])?;
    first_able(&candidates())?.ok_or_else(|| Failure::Missing {
        what: format!("Debian's rustc-web and rust-web-src are installed and still nothing builds {TRIPLE}"),
        command: hint,
    })
}

/// An installed target is quicker than building one, whichever compiler has it.
fn first_able(candidates: &[PathBuf]) -> Result<Option<Toolchain>, Failure> {
    let linker = std::env::var_os("SATCHEL_WASM_LINKER").map(PathBuf::from);
    let with_target = candidates.iter().find(|rustc| has_target(rustc));
    if let Some(rustc) = with_target {
        let toolchain = Toolchain {
            rustc: rustc.clone(),
            build_std: false,
            linker,
        };
        return Ok(Some(toolchain));
    }
    let Some(rustc) = candidates.iter().find(|rustc| has_sources(rustc)) else {
        return Ok(None);
    };
    let linker = match linker {
        Some(linker) => linker,
        None => find_linker()?,
    };
    Ok(Some(Toolchain {
        rustc: rustc.clone(),
        build_std: true,
        linker: Some(linker),
    }))
}

fn has_target(rustc: &Path) -> bool {
    print(rustc, &["target-libdir", "--target", TRIPLE]).is_some_and(|folder| Path::new(&folder).is_dir())
}

fn has_sources(rustc: &Path) -> bool {
    let sources = "lib/rustlib/src/rust/library/std/Cargo.toml";
    print(rustc, &["sysroot"]).is_some_and(|sysroot| Path::new(&sysroot).join(sources).exists())
}

/// `rust-lld` of the rustup toolchain, or Debian's `wasm-ld`.
fn find_linker() -> Result<PathBuf, Failure> {
    let rustc = Path::new("rustc");
    let bundled = print(rustc, &["target-libdir"]).map(|folder| Path::new(&folder).with_file_name("bin/rust-lld"));
    if let Some(bundled) = bundled.filter(|path| path.is_file()) {
        return Ok(bundled);
    }
    if shell::which("wasm-ld").is_none() {
        machine::install("a linker for WebAssembly", &["lld"])?;
    }
    Ok(PathBuf::from("wasm-ld"))
}

fn print(rustc: &Path, what: &[&str]) -> Option<String> {
    // RUSTUP_TOOLCHAIN is what cargo set for us: the same compiler that builds the rest.
    shell::answer(shell::at_root(rustc).arg("--print").args(what))
}

//! compose.yaml as docker-compose reads it, and the systemd unit as systemd judges it. No engine and no systemd runs here: what they would be told is looked at.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use satchel_tests::proxy::shipped;

/// What docker-compose makes of deploy/ with these settings, variables filled in; `None` where there is no docker-compose.
fn composed(test: &str, settings: &str) -> Option<Output> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yaml"), shipped("compose.yaml")).unwrap();
    std::fs::write(folder.path().join(".env"), settings).unwrap();
    std::fs::create_dir(folder.path().join("tor")).unwrap();
    let mut compose = Command::new("docker-compose");
    let output = compose
        .args(["--file", "compose.yaml", "config"])
        .current_dir(folder.path())
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .output();
    match output {
        Ok(output) => Some(output),
        Err(_) => {
            let _ = writeln!(std::io::stderr(), "skipped: {test}: no docker-compose on this machine");
            None
        }
    }
}

/// The services of what docker-compose printed, each with its lines.
fn services(printed: &str) -> BTreeMap<String, String> {
    let (_, services) = printed.split_once("\nservices:\n").unwrap();
    let mut found = BTreeMap::new();
    let mut name = String::new();
    for line in services.lines().take_while(|line| line.starts_with(' ')) {
        if let Some(service) = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '-'])) {
            name = service.trim_end_matches(':').to_owned();
            found.insert(name.clone(), String::new());
        } else {
            *found.get_mut(&name).unwrap() += &format!("{}\n", &line[4..]);
        }
    }
    found
}

fn as_shipped(test: &str) -> Option<BTreeMap<String, String>> {
    let output = composed(test, &shipped("settings.env.example"))?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(services(&String::from_utf8_lossy(&output.stdout)))
}

#[test]
fn every_service_is_hardened() {
    let Some(services) = as_shipped("hardened services") else {
        return;
    };
    assert_eq!(
        services.keys().collect::<Vec<_>>(),
        ["caddy", "satchel", "satchel-tls", "tor", "tor-tls"]
    );
    for (name, service) in &services {
        for line in [
            "read_only: true\n",
            "cap_drop:\n- ALL\n",
            "security_opt:\n- no-new-privileges:true\n",
            "logging:\n  driver: local\n",
            "mem_limit: 256m\n",
            "pids_limit: ",
            "  core: 0\n",
            "profiles:\n",
        ] {
            assert!(service.contains(line), "{name} has no {line:?}:\n{service}");
        }
        assert!(!service.contains("privileged"), "{name}");
        assert_eq!(service.contains("cap_add:"), name == "caddy", "{name}");
    }
    for name in ["satchel", "satchel-tls"] {
        for line in ["  memlock: -1\n", "memswap_limit: 256m\n", "- data:/data:rw\n"] {
            assert!(services[name].contains(line), "{name} has no {line:?}");
        }
    }
}

#[test]
fn only_what_people_reach_has_a_port() {
    let Some(services) = as_shipped("published ports") else {
        return;
    };
    for (name, published) in [
        ("caddy", &["80", "443"][..]),
        ("satchel", &[]),
        ("tor", &[]),
        ("tor-tls", &[]),
        ("satchel-tls", &["443"]),
    ] {
        let found: Vec<&str> = services[name]
            .lines()
            .filter_map(|line| line.trim_start_matches("- ").trim_start().strip_prefix("published: "))
            .collect();
        for port in published {
            assert!(found.contains(port), "{name} has no port {port}: {found:?}");
        }
        assert!(found.iter().all(|port| published.contains(port)), "{name}: {found:?}");
    }
}

#[test]
fn the_server_believes_its_proxy_and_nobody_else() {
    let Some(services) = as_shipped("the trusted proxy") else {
        return;
    };
    let address = |name: &str| {
        let line = services[name]
            .lines()
            .find_map(|line| line.trim_start().strip_prefix("ipv4_address: "));
        line.unwrap().to_owned()
    };
    let trusted = format!("  SATCHEL_TRUSTED_PROXIES: {}\n", address("caddy"));
    assert!(services["satchel"].contains(&trusted), "{}", services["satchel"]);
    let upstream = format!("  SATCHEL_UPSTREAM: {}:8787\n", address("satchel"));
    assert!(services["caddy"].contains(&upstream), "{}", services["caddy"]);
    assert!(!services["satchel-tls"].contains("TRUSTED"), "nobody stands before it");
    assert!(
        services["tor"].contains("network_mode: service:satchel\n"),
        "Tor comes by loopback"
    );
    assert!(services["tor-tls"].contains("network_mode: service:satchel-tls\n"));
    assert!(services["satchel-tls"].contains("  SATCHEL_ONION_LISTEN: 127.0.0.1:8787\n"));
    assert!(shipped("tor/torrc").contains("\nHiddenServicePort 80 127.0.0.1:8787\n"));
}

#[test]
fn the_onion_service_is_told_of_where_it_is_known() {
    let test = "Onion-Location";
    let Some(services) = as_shipped(test) else { return };
    for name in ["satchel", "satchel-tls"] {
        assert!(!services[name].contains("ONION_LOCATION: http"), "{name}");
    }
    let known = shipped("settings.env.example").replace("#SATCHEL_ONION_LOCATION=", "SATCHEL_ONION_LOCATION=");
    let output = composed(test, &known).unwrap();
    let services = self::services(&String::from_utf8_lossy(&output.stdout));
    for name in ["satchel", "satchel-tls"] {
        assert!(
            services[name].contains("  SATCHEL_ONION_LOCATION: http://....onion\n"),
            "{}",
            services[name]
        );
    }
}

#[test]
fn settings_without_the_url_are_refused_with_a_sentence() {
    let Some(output) = composed("a missing URL", "COMPOSE_PROFILES=caddy\n") else {
        return;
    };
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the URL that people see"), "{said}");
}

/// Lower is better, below 2 is "OK" in systemd's words; without a systemd that runs, its verdict on the file is all there is.
#[test]
fn the_unit_leaves_little_to_attack() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/satchel.service");
    let mut analyze = Command::new("systemd-analyze");
    let output = analyze
        .args(["security", "--offline=true", "--threshold=14", "--no-pager"])
        .arg(&unit)
        .output();
    let Ok(output) = output else {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: the unit's verdict: no systemd-analyze on this machine"
        );
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("Overall exposure level"), "{said}");
}

#[test]
fn the_debian_changelogs_have_this_version() {
    for name in ["debian/changelog", "debian/satchel.changelog"] {
        let first = shipped(name);
        let first = first.lines().next().unwrap_or_default();
        assert!(
            first.contains(concat!("(", env!("CARGO_PKG_VERSION"), "-1)")),
            "{name}: {first}"
        );
    }
}

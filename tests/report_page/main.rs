//! The page of a parity report, looked at in a real Chromium.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod sample;

use std::path::Path;

use browser::{Browser, url};
use sample::{large_page, small_page};
use serde_json::json;

/// Differences of the large report.
const DIFFERENCES: usize = 100_000;
/// Milliseconds that the large page may take: five times what it took on a machine with eight times more to do than cores.
const PATIENCE: f64 = 8_000.0;

/// Does something in the page and waits until the list is drawn anew.
fn act(browser: &mut Browser, action: &str) -> f64 {
    let script = format!(
        "new Promise((done) => {{
           const begin = performance.now();
           const drawn = new MutationObserver(() => {{ drawn.disconnect(); done(performance.now() - begin); }});
           drawn.observe(document.getElementById('entities'), {{ childList: true }});
           {action}
         }})"
    );
    browser.evaluate(&script).as_f64().unwrap()
}

fn shown(browser: &mut Browser) -> String {
    let text = browser.evaluate("document.getElementById('shown').textContent");
    text.as_str().unwrap().to_owned()
}

fn search(browser: &mut Browser, text: &str) -> f64 {
    let text = json!(text);
    act(
        browser,
        &format!(
            "const input = document.getElementById('text'); input.value = {text}; input.dispatchEvent(new Event('input'));"
        ),
    )
}

fn listed(browser: &mut Browser) -> u64 {
    browser
        .evaluate("document.querySelectorAll('.entity').length")
        .as_u64()
        .unwrap()
}

/// Checks that nothing is wider than the window, and takes a picture of it.
fn look(browser: &mut Browser, width: u32, name: &str) {
    let wide = browser.evaluate(
        "[...document.querySelectorAll('body *')]
           .filter((it) => it.checkVisibility() && !it.closest('svg') && it.getBoundingClientRect().right > innerWidth + 0.5)
           .map((it) => it.outerHTML.slice(0, 200))",
    );
    assert_eq!(wide, json!([]), "{width} pixels");
    let scroll_width = browser
        .evaluate("document.documentElement.scrollWidth")
        .as_u64()
        .unwrap();
    assert!(
        scroll_width <= u64::from(width),
        "{scroll_width} pixels wide at {width}"
    );
    browser.picture(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
}

#[test]
fn a_hundred_thousand_differences_load_and_can_be_searched() {
    let dir = tempfile::tempdir().unwrap();
    let page = large_page(dir.path(), DIFFERENCES);
    let mut browser = Browser::start();
    browser.resize(1280, 900);

    browser.load(&page);
    let loaded = browser.evaluate("performance.now()").as_f64().unwrap();
    assert!(loaded < PATIENCE, "{loaded} ms to load");
    assert_eq!(
        shown(&mut browser),
        "100,000 differences of 50,000 entities; the first 200 are listed."
    );
    assert_eq!(listed(&mut browser), 200);
    act(&mut browser, "document.getElementById('more').click();");
    assert_eq!(listed(&mut browser), 400);

    let first = search(&mut browser, "topic-49999");
    let next = search(&mut browser, "TOPIC-4999");
    println!("loaded in {loaded:.0} ms, searched first in {first:.0} ms, then in {next:.0} ms");
    assert!(
        first < PATIENCE && next < PATIENCE,
        "{first} and {next} ms to search"
    );
    assert_eq!(shown(&mut browser), "22 differences of 11 entities.");
    search(&mut browser, "no such thing");
    assert_eq!(shown(&mut browser), "Nothing matches.");

    assert_eq!(browser.requested(), [url(&page)]);
    assert!(browser.complaints().is_empty(), "{:?}", browser.complaints());
}

#[test]
fn one_goes_down_from_a_kind_to_an_entity_to_its_fields_and_back_up_to_what_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    let page = small_page(dir.path());
    let mut browser = Browser::start();
    browser.resize(1280, 900);
    browser.load(&page);
    assert_eq!(shown(&mut browser), "6 differences of 5 entities.");

    act(
        &mut browser,
        "document.querySelector('a[data-kind=partitions]').click();",
    );
    assert_eq!(shown(&mut browser), "2 differences of 1 entity.");
    browser.evaluate("document.querySelector('.entity summary').focus()");
    browser.press_enter();
    let fields = browser.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(
           [...document.querySelectorAll('.entity[open] tbody tr')].map((it) => it.innerText.split('\\t'))))))",
    );
    assert_eq!(
        fields,
        json!([["replicas", "1,2,3", "1,3,2"], ["isr", "1,2,3", "1,3"]])
    );
    browser.picture(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-open.png"));

    act(&mut browser, "document.getElementById('known').click();");
    assert_eq!(shown(&mut browser), "4 differences of 3 entities.");
    act(
        &mut browser,
        "const what = document.getElementById('what'); what.value = 'only-in-kraft'; what.dispatchEvent(new Event('change'));",
    );
    assert_eq!(shown(&mut browser), "Nothing matches.");

    // Of topic configs nothing needs an operator: what was ignored shows.
    browser.load(&page);
    act(
        &mut browser,
        "document.querySelector('a[data-kind=topic-configs]').click();",
    );
    assert_eq!(shown(&mut browser), "1 difference of 1 entity.");
    assert!(browser.complaints().is_empty(), "{:?}", browser.complaints());
}

#[test]
fn a_hostile_name_is_shown_and_does_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let page = small_page(dir.path());
    let mut browser = Browser::start();
    browser.load(&page);
    search(&mut browser, "onerror");
    browser.evaluate("document.querySelector('summary').click()");
    let name = browser.evaluate("document.querySelector('.name').textContent");
    assert_eq!(
        name,
        "</script><img src=x onerror=\"alert('1')\">\\u{1b}[2J\\u{202e}\\n&amp;"
    );
    assert_eq!(browser.evaluate("document.images.length"), 0);
    assert_eq!(browser.requested(), [url(&page)]);
    assert!(browser.complaints().is_empty(), "{:?}", browser.complaints());
}

#[test]
fn it_fits_every_window_and_can_be_read_by_day_and_by_night() {
    let dir = tempfile::tempdir().unwrap();
    let (small, large) = (small_page(dir.path()), large_page(dir.path(), 2_000));
    let mut browser = Browser::start();
    for (width, height, scheme) in [
        (1280, 2400, "light"),
        (1280, 2400, "dark"),
        (768, 2400, "light"),
        (360, 4200, "light"),
        (360, 4200, "dark"),
    ] {
        browser.resize(width, height);
        browser.prefer(scheme);
        for (page, name) in [(&large, "large"), (&small, "small")] {
            browser.load(page);
            browser.evaluate(
                "document.querySelectorAll('.entity summary').forEach((it, at) => at < 3 && it.click())",
            );
            look(
                &mut browser,
                width,
                &format!("report-{name}-{width}-{scheme}.png"),
            );
            assert_eq!(
                browser.evaluate(include_str!("contrast.js")),
                json!([]),
                "{width} {scheme}"
            );
        }
    }
}

#[test]
fn without_script_the_verdict_the_totals_and_the_first_differences_show() {
    let dir = tempfile::tempdir().unwrap();
    let page = large_page(dir.path(), 2_000);
    let mut browser = Browser::start();
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    browser.resize(360, 4000);
    browser.load(&page);
    let text = browser.evaluate("document.body.innerText");
    let text = text.as_str().unwrap();
    for part in [
        "ZooKeeper and KRaft differ",
        "2,000 differences need an operator",
        "0x100000052",
        "Partitions",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(shown(&mut browser).starts_with("The first 200 of 2,000 differences"));
    assert_eq!(
        browser.evaluate("document.querySelectorAll('.fields tbody tr').length"),
        200
    );
    assert_eq!(
        browser.evaluate("document.getElementById('controls').checkVisibility()"),
        false
    );
    look(&mut browser, 360, "report-no-script.png");
}

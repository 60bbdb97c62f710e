"""Drives the page of gmel report, and that of gmel watch, in headless Chromium: browser.py GMEL CHROMIUM RUNS OUT.

Opens, hovers, zooms, hides a series, resizes, prints. There must be no error on the console and no request to another place. Leaves
pictures of the page in OUT.
"""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from playwright.sync_api import sync_playwright

gmel, chromium, runs, out = sys.argv[1:5]
out = pathlib.Path(out)
shutil.rmtree(out, ignore_errors=True)
out.mkdir(parents=True)
faults = []


def new_page(browser, allowed, **options):
    page = browser.new_page(reduced_motion="reduce", **options)
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith((allowed, "data:", "blob:")) else faults.append("request to " + r.url))
    return page


def pixels(page, figure):
    return page.evaluate("id => document.getElementById(id).querySelector('canvas').toDataURL()", figure)


def until(page, holds, fault):
    """The machine may be busy, so what is drawn soon is waited for."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError(fault)


def area(page, figure):
    over = page.locator(f"#{figure} .u-over")
    over.scroll_into_view_if_needed()
    return over.bounding_box()


def hover(page, figure, part):
    """Puts the pointer at a part of the width of a figure and returns what the page says of it."""
    box = area(page, figure)
    page.mouse.move(box["x"] + part * box["width"], box["y"] + box["height"] / 2)
    page.locator("#tip").wait_for(state="visible")
    return page.locator("#tip tr").all_inner_texts()


def zoom(page, figure):
    box = area(page, figure)
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], y, steps=4)
    page.mouse.up()


def still(browser):
    path = (out / "page.html").resolve()
    subprocess.run([gmel, "report", "--out", str(path), *sorted(map(str, pathlib.Path(runs).iterdir()))], check=True)
    page = new_page(browser, path.as_uri(), viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    figures = json.loads(page.locator("#figures").text_content())
    assert len(figures) > 15 and page.locator("canvas").count() == len(figures), "a figure is not drawn"

    first = "s0-eval-completion_rate"
    figure = next(f for f in figures if f["id"] == first)
    rows = hover(page, first, 0.999)
    assert rows[0].split("\t")[1].replace(",", "") == str(figure["x"][-1]), rows
    shown = {r.split("\t")[0]: float(re.match(r"[-.\d]+", r.split("\t")[1])[0]) for r in rows[1:]}
    for s in figure["series"]:
        want = s["y"][-1]
        assert (s["name"] in shown) == (want is not None and not s.get("hidden", False)), (s["name"], shown)
        assert s["name"] not in shown or abs(shown[s["name"]] - want) <= 1e-3 * abs(want), (s["name"], want, shown)

    page.mouse.move(1, 1)  # out of the figure
    before, other = pixels(page, first), pixels(page, "s0-eval-mean_latency_s")
    key = page.locator(f"section:has(#{first}) button.key", has_text=re.compile("^amarl$"))
    key.click()
    assert key.get_attribute("aria-pressed") == "false"
    until(page, lambda: pixels(page, first) != before and pixels(page, "s0-eval-mean_latency_s") != other, "the series is not hidden in all figures")
    assert not any(r.startswith("amarl\t") for r in hover(page, first, 0.5))
    key.click()
    page.mouse.move(1, 1)
    until(page, lambda: pixels(page, first) == before, "the series does not come back as it was")

    zoom(page, first)
    until(page, lambda: pixels(page, first) != before, "no zoom")
    page.locator(f"#{first} .u-over").dblclick()
    page.mouse.move(1, 1)
    until(page, lambda: pixels(page, first) == before, "a double click does not reset the zoom")

    page.screenshot(path=out / "light.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    until(page, lambda: pixels(page, first) != before, "the figures stay light")
    page.screenshot(path=out / "dark.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 800})
    until(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= 390, "the page is wider than a narrow screen")
    page.screenshot(path=out / "narrow.png", full_page=True)
    page.pdf(path=out / "page.pdf", print_background=True)
    page.close()


def live(browser):
    folder = out / "live"
    shutil.copytree(pathlib.Path(runs) / "amarl-1", folder)
    (folder / "table.json").rename(out / "table.json")
    lines = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    half = len(lines) // 2
    (folder / "metrics.jsonl").write_text("".join(lines[:half]))
    server = subprocess.Popen([gmel, "watch", "--http", "127.0.0.1:0", str(folder), str(pathlib.Path(runs) / "amarl-ppo-1")], stderr=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://\S+/", server.stderr.readline())[0]
        page = new_page(browser, address, viewport={"width": 1280, "height": 900})
        page.goto(address)
        assert page.locator("td.state-stopped").count() == 1
        first = "s0-eval-completion_rate"
        page.locator("section:has(#%s) button.key" % first, has_text=re.compile("^amarl$")).click()
        zoom(page, "s0-train-entropy")
        left = hover(page, "s0-train-entropy", 0.02)[0]
        page.locator("#runs").evaluate("e => e.dataset.seen = 1")
        points = len(json.loads(page.locator("#figures").text_content())[0]["x"])

        with (folder / "metrics.jsonl").open("a") as f:
            f.writelines(lines[half:])
        (out / "table.json").rename(folder / "table.json")
        page.locator("td.state-stopped").wait_for(state="detached", timeout=20000)
        assert page.locator("table.final tr.learned").count() == 2, "the row of the run did not come"
        assert page.locator("section:has(#%s) button.key" % first, has_text=re.compile("^amarl$")).get_attribute("aria-pressed") == "false", "what was hidden is shown again"
        assert page.locator("#runs").get_attribute("data-seen") == "1", "the page was loaded anew"
        grown = page.evaluate("async () => JSON.parse(new DOMParser().parseFromString(await (await fetch('/')).text(), 'text/html').getElementById('figures').textContent)[0].x.length")
        assert grown > points
        until(page, lambda: hover(page, "s0-train-entropy", 0.02)[0] == left, "the zoom is lost")

        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) == 0, "the server does not stop in good order"
        allowed = len(faults)
        page.locator("#live.lost").wait_for(timeout=20000)
        del faults[allowed:]  # the browser reports that the server is gone
        page.close()
    finally:
        server.kill()


with sync_playwright() as p:
    browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    begin = time.time()
    still(browser)
    live(browser)
    browser.close()
assert not faults, faults
print(f"the page is right in {time.time() - begin:.0f} s; pictures of it are in {out}")

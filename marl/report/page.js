"use strict";
// Draws the figures of the page, shows values under the pointer, hides series by their names, and asks a live page for news.
(() => {
  const plots = new Map(); // by id of a figure
  const choice = new Map(); // name of a series -> shown, where the reader has chosen
  const tip = document.getElementById("tip");
  const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const read = doc => JSON.parse(doc.getElementById("figures").textContent) || [];
  const shown = s => choice.has(s.name) ? choice.get(s.name) : !s.hidden;
  const colour = s => s.colour < 0 ? style("--dim") : style("--c" + s.colour % 8);
  const short = v => v == null ? "–" : Math.abs(v) >= 1e6 ? v.toExponential(2) : String(+v.toPrecision(4));
  const axis = v => Math.abs(v) >= 1e6 ? +(v / 1e6).toPrecision(6) + "M" : Math.abs(v) >= 1e4 ? +(v / 1e3).toPrecision(6) + "k" : String(+v.toPrecision(6));
  const faint = (c, part) => c + Math.round(255 * part).toString(16).padStart(2, "0");

  // data are the columns of uPlot: X, then Y, low and high of each series. A stack adds the series that are shown.
  function data(f) {
    const columns = [f.x];
    let sum = f.x.map(() => 0);
    for (const s of f.series) {
      if (f.stack) {
        const below = sum;
        if (shown(s)) sum = below.map((v, i) => v + (s.y[i] || 0));
        columns.push(sum.map((v, i) => s.y[i] == null ? null : v), below, below);
      } else {
        const none = f.x.map(() => null);
        columns.push(s.y, s.low || none, s.high || none);
      }
    }
    return columns;
  }

  function options(f, width) {
    const ink = style("--dim"), grid = { stroke: style("--grid"), width: 1 }, font = "12px " + style("--font");
    const series = [{}], bands = [];
    f.series.forEach((s, n) => {
      const c = colour(s), at = 3 * n + 1, dash = s.dashed ? [5, 4] : s.colour >= 8 ? [9, 3] : undefined;
      series.push({ label: s.name, show: shown(s), stroke: c, width: s.dashed ? 1.2 : f.stack ? 1 : 2, dash, spanGaps: true, points: { show: f.x.length < 3 } });
      for (const part of ["low", "high"]) series.push({ label: part, show: shown(s), width: 0, stroke: "transparent", points: { show: false }, spanGaps: true });
      if (f.stack) bands.push({ series: [at, at + 1], fill: faint(c, .75) });
      else if (s.low) bands.push({ series: [at + 2, at + 1], fill: faint(c, .16) });
    });
    return {
      width, height: 230, series, bands, legend: { show: false }, padding: [8, 20, 0, 0],
      scales: { x: { time: false }, y: f.stack ? { range: [0, 1] } : {} },
      axes: [
        { stroke: ink, grid, ticks: grid, font, label: f.xlabel, labelFont: font, labelSize: 18, size: 34, values: (u, all) => all.map(axis) },
        { stroke: ink, grid, ticks: grid, font, size: 56, values: (u, all) => all.map(axis) },
      ],
      cursor: { sync: { key: f.xlabel }, points: { size: 6 }, drag: { x: true, y: false } },
      hooks: { setCursor: [u => point(u, f)] },
    };
  }

  // nearest is the place of the value that is nearest to place i, which is between two of them; -1 for none.
  function nearest(x, y, i) {
    let left = i, right = i;
    while (left >= 0 && y[left] == null) left--;
    while (right < y.length && y[right] == null) right++;
    return left < 0 || right === y.length ? -1 : x[i] - x[left] <= x[right] - x[i] ? left : right;
  }

  // point shows the values under the pointer.
  function point(u, f) {
    if (!u.over.matches(":hover")) return;
    const i = u.cursor.idx;
    if (i == null) { tip.hidden = true; return; }
    const rows = f.series.filter(shown).map(s => ({ s, n: nearest(f.x, s.y, i) })).filter(r => r.n >= 0).map(({ s, n }) => ({
      s, v: s.y[n], text: short(s.y[n]) + (s.low && s.high[n] > s.low[n] ? ` [${short(s.low[n])}, ${short(s.high[n])}]` : "") +
        (s.runs && s.runs[n] > 1 ? ` · ${s.runs[n]} runs` : "") + (n === i ? "" : ` · at ${f.x[n].toLocaleString("en")}`),
    }));
    if (!f.stack) rows.sort((a, b) => b.v - a.v);
    const table = document.createElement("table");
    const add = (name, text, c) => {
      const row = table.insertRow(), cell = row.insertCell();
      if (c) cell.appendChild(document.createElement("i")).style.background = c;
      cell.append(name);
      row.insertCell().textContent = text;
    };
    add(f.xlabel.split(",")[0], f.x[i].toLocaleString("en"), "");
    rows.forEach(r => add(r.s.name, r.text, colour(r.s)));
    tip.replaceChildren(table);
    tip.hidden = false;
    const box = u.over.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const x = box.left + u.cursor.left, y = box.top + u.cursor.top;
    tip.style.left = Math.max(4, x + 16 + size.width > innerWidth ? x - 16 - size.width : x + 16) + "px";
    tip.style.top = Math.max(4, Math.min(y + 12, innerHeight - size.height - 4)) + "px";
  }

  // keys are the names of the series in the figures of a group, as buttons.
  function keys(group) {
    const all = new Map();
    for (const e of group.querySelectorAll(".plot")) {
      const series = plots.get(e.id)?.f.series || [];
      if (series.length > 1) for (const s of series) if (!all.has(s.name)) all.set(s.name, s); // a single one has the title
    }
    group.querySelector(".keys").replaceChildren(...[...all.values()].map(s => {
      const b = document.createElement("button"), mark = document.createElement("i");
      b.type = "button";
      b.className = "key";
      b.dataset.name = s.name;
      b.setAttribute("aria-pressed", shown(s));
      mark.style.background = colour(s);
      if (s.dashed) mark.className = "dashed";
      b.append(mark, s.name);
      b.onclick = () => { choice.set(s.name, !shown(s)); refresh(s.name); };
      return b;
    }));
  }

  // refresh shows or hides the series of a name in all figures.
  function refresh(name) {
    for (const b of document.querySelectorAll("button.key")) if (b.dataset.name === name) b.setAttribute("aria-pressed", choice.get(name));
    for (const { f, u } of plots.values()) {
      f.series.forEach((s, n) => {
        if (s.name === name) for (let k = 3 * n + 1; k <= 3 * n + 3; k++) u.setSeries(k, { show: shown(s) });
      });
      if (f.stack) renew(u, f);
    }
  }

  // renew gives a plot new columns and keeps what the reader has zoomed to.
  function renew(u, f) {
    const { min, max } = u.scales.x, xs = u.data[0], zoomed = min > xs[0] || max < xs[xs.length - 1];
    u.setData(data(f), !zoomed);
    if (zoomed) u.setScale("x", { min, max });
  }

  function build(f) {
    const frame = document.getElementById(f.id), where = frame && frame.querySelector(".canvas");
    if (!where || where.clientWidth === 0) return;
    const old = plots.get(f.id);
    if (old) old.u.destroy();
    const u = new uPlot(options(f, where.clientWidth), data(f), where);
    u.over.addEventListener("mouseleave", () => { tip.hidden = true; });
    plots.set(f.id, { f, u, frame });
  }

  // same reports whether a figure has the same series as before, so that its plot can stay.
  const same = (a, b) => a.series.map(s => s.name + !!s.low).join("\n") === b.series.map(s => s.name + !!s.low).join("\n");

  function draw(figures) {
    for (const f of figures) {
      const old = plots.get(f.id);
      if (old && old.frame.isConnected && same(old.f, f)) {
        Object.assign(old.f, f);
        renew(old.u, old.f);
      } else build(f);
    }
    document.querySelectorAll(".group").forEach(keys);
  }

  const rebuild = () => {
    for (const { f } of [...plots.values()]) build(f);
    document.querySelectorAll(".group").forEach(keys);
  };
  new ResizeObserver(() => {
    for (const { u, frame } of plots.values()) {
      const width = frame.querySelector(".canvas").clientWidth;
      if (width > 0 && width !== u.width) u.setSize({ width, height: 230 });
    }
  }).observe(document.querySelector("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", rebuild);
  addEventListener("beforeprint", rebuild);
  addEventListener("afterprint", rebuild);

  // replace takes over what is new in a part of the page. Parts with the same figures keep them.
  function replace(part, fresh) {
    const ids = e => [...e.querySelectorAll(".plot")].map(f => f.id).join();
    if (ids(part) && ids(part) === ids(fresh)) return;
    const open = [...part.querySelectorAll("details[open]")].map(d => d.id);
    if (part.dataset.text === fresh.innerHTML) return;
    part.innerHTML = part.dataset.text = fresh.innerHTML;
    for (const id of open) if (id) document.getElementById(id)?.setAttribute("open", "");
  }

  function update(doc) {
    document.title = doc.title;
    const main = document.querySelector("main"), fresh = [...doc.querySelectorAll("main > section")];
    replace(document.getElementById("head"), doc.getElementById("head"));
    for (const part of main.querySelectorAll(":scope > section")) if (!doc.getElementById(part.id)) part.remove();
    fresh.forEach((part, n) => {
      const old = document.getElementById(part.id);
      if (old) replace(old, part);
      else main.insertBefore(document.importNode(part, true), main.querySelectorAll(":scope > section")[n] || null);
    });
    draw(read(doc));
  }

  // ask polls the server. It answers 304 while nothing has changed.
  let tag = "";
  async function ask() {
    const mark = () => document.getElementById("live");
    try {
      const answer = await fetch(location.pathname, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
      if (!answer.ok && answer.status !== 304) throw new Error(await answer.text());
      if (answer.ok) {
        tag = answer.headers.get("ETag") || "";
        update(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
      mark().textContent = "live";
      mark().classList.remove("lost");
    } catch (fault) {
      mark().textContent = fault instanceof TypeError ? "the server has stopped" : fault.message;
      mark().classList.add("lost");
    }
    setTimeout(ask, 2000);
  }

  draw(read(document));
  if ("live" in document.body.dataset) setTimeout(ask, 2000);
})();

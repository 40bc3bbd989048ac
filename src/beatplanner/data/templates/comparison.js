"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg", byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent), maps = [...document.querySelectorAll("#maps svg")];
  const LOAD = ["#ffffd4", "#fee391", "#fec44f", "#fe9929", "#d95f0e", "#7f2704"], WALK = ["#f7fbff", "#c6dbef", "#9ecae1", "#6baed6", "#2171b5", "#08306b"];
  const NONE = "#e4e4e4", GREY = "#eceff2", CHANGED = "#d95f0e", WALKS = [5, 10, 15, 20, 30];
  // one scale for all maps: round steps between the least and the most work of any plan
  const loads = data.columns.flatMap((c) => c.load).filter((v) => v !== null);
  const low = Math.min(...loads), high = Math.max(...loads);
  const nice = (step) => { const p = 10 ** Math.floor(Math.log10(step)); return [1, 2, 2.5, 5, 10].map((f) => f * p).find((v) => v >= step - 1e-9); };
  const step = loads.length && high > low ? nice((high - low) / 5) : 100;
  const from = Math.floor(low / step) * step + step;
  const LOADS = [0, 1, 2, 3, 4].map((k) => from + k * step);
  const colour = (v, limits, ramp) => v === null ? NONE : ramp[limits.filter((l) => v >= l).length];
  // a browser does not know how every language groups thousands
  const number = (v) => String(Math.round(v)).replace(/\B(?=(\d{3})+$)/g, data.group);
  const say = (key, fields = {}) => data.say[key].replace(/\{(\w+)\}/g, (_, k) => fields[k]);
  let mode = "load", base = 0, view = { x: 0, y: 0, w: data.width, h: data.height };
  const make = (name, attributes, parent) => { const e = document.createElementNS(SVG, name); for (const k in attributes) e.setAttribute(k, attributes[k]); parent.append(e); return e; };
  const panels = maps.map((svg, m) => {
    const c = data.columns[m];
    const units = data.paths.map((d, i) => { const p = make("path", { d, class: "u" }, svg); p.dataset.u = i; return p; });
    c.lines.forEach((d) => make("path", { d, class: "l" }, svg));
    const spots = c.stations.map((s) => { const r = make("circle", { cx: s[0], cy: s[1], class: "s " + (s[3] ? "old" : "new") }, svg); make("title", {}, r).textContent = s[2]; return r; });
    return { svg, c, units, spots };
  });
  const idOf = (c, u) => c.beat[u] === null ? null : c.ids[c.beat[u]];
  const paint = () => {
    byId("against").hidden = mode !== "change";
    for (const p of panels) p.units.forEach((e, u) => {
      e.setAttribute("fill", mode === "load" ? colour(p.c.load[u], LOADS, LOAD) : mode === "walk" ? colour(p.c.walk[u], WALKS, WALK)
        : idOf(p.c, u) === idOf(data.columns[base], u) ? GREY : CHANGED);
    });
    legend();
  };
  const legend = () => {
    const box = byId("legend"); box.replaceChildren();
    const add = (fill, text, round) => { const s = document.createElement("span"), i = document.createElement("i"); i.style.background = fill; if (round) { i.style.borderRadius = "50%"; i.style.width = ".9rem"; } s.append(i, text); box.append(s); };
    const steps = (limits, ramp, unit) => ramp.forEach((f, k) => add(f, k === 0 ? say("under", { n: number(limits[0]) }) : k === limits.length ? say(unit, { n: number(limits[k - 1]) }) : `${number(limits[k - 1])}–${number(limits[k])}`));
    if (mode === "load") { steps(LOADS, LOAD, "hours"); if (data.columns.some((c) => c.load.includes(null))) add(NONE, say("nobody")); }
    if (mode === "walk") { steps(WALKS, WALK, "minutes"); if (data.columns.some((c) => c.walk.includes(null))) add(NONE, say("unknown")); }
    if (mode === "change") { add(CHANGED, say("another", { plan: data.columns[base].name })); add(GREY, say("same")); }
    if (data.columns.some((c) => c.stations.length)) { add("#08306b", say("old"), true); add("#cb181d", say("new"), true); }
  };
  const look = () => {
    for (const p of panels) {
      p.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
      p.spots.forEach((s) => s.setAttribute("r", Math.max(view.w, view.h) / 75));
    }
  };
  const whole = () => { const edge = 0.02 * Math.max(data.width, data.height); view = { x: -edge, y: -edge, w: data.width + 2 * edge, h: data.height + 2 * edge }; look(); };
  const zoom = (factor, px = 0.5, py = 0.5) => {
    const w = Math.min(Math.max(view.w * factor, data.width / 60), data.width * 1.5), f = w / view.w;
    view = { x: view.x + px * view.w * (1 - f), y: view.y + py * view.h * (1 - f), w, h: view.h * f }; look();
  };
  const point = (svg, e) => { const q = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse()); return [(q.x - view.x) / view.w, (q.y - view.y) / view.h]; };
  const tell = (p, u) => {
    const parts = [data.names[u]];
    if (data.residents[u] !== null) parts.push(say("residents", { n: number(data.residents[u]) }));
    data.columns.forEach((c) => { const id = idOf(c, u); parts.push(`${c.name}: ${id === null ? say("none") : say("beat", { name: id })}` + (c.load[u] === null ? "" : ", " + say("load", { n: number(c.load[u]) })) + (c.walk[u] === null ? "" : ", " + say("walk", { n: number(c.walk[u]) }))); });
    byId("told").textContent = parts.join("  ·  ");
  };
  for (const p of panels) {
    let held = null;
    p.svg.addEventListener("wheel", (e) => { e.preventDefault(); zoom(e.deltaY > 0 ? 1.2 : 1 / 1.2, ...point(p.svg, e)); }, { passive: false });
    p.svg.addEventListener("pointerdown", (e) => { held = [e.clientX, e.clientY]; p.svg.setPointerCapture(e.pointerId); });
    p.svg.addEventListener("pointerup", () => { held = null; });
    p.svg.addEventListener("pointermove", (e) => {
      if (!held) { const u = document.elementFromPoint(e.clientX, e.clientY)?.dataset?.u; if (u !== undefined) tell(p, Number(u)); return; }
      const scale = 1 / p.svg.getScreenCTM().a;
      view.x -= (e.clientX - held[0]) * scale; view.y -= (e.clientY - held[1]) * scale; held = [e.clientX, e.clientY]; look();
    });
  }
  byId("mode").addEventListener("change", (e) => { mode = e.target.value; paint(); });
  byId("base").addEventListener("change", (e) => { base = Number(e.target.value); paint(); });
  byId("in").addEventListener("click", () => zoom(1 / 1.4)); byId("out").addEventListener("click", () => zoom(1.4)); byId("all").addEventListener("click", whole);
  if (!data.columns.some((c) => c.walk.some((v) => v !== null))) byId("mode").querySelector("[value=walk]").remove();
  // on paper nothing stays folded
  let folded = [];
  addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("details:not([open])")]; for (const d of folded) d.open = true; });
  addEventListener("afterprint", () => { for (const d of folded) d.open = false; });
  whole(); paint();
})();

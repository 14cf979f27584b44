// A map of pictures, drawn by Plotly: its dots, the rows that name them, and the card of one.
const narrow = matchMedia("(max-width: 640px)");
const frame = element.closest(".map-frame");
const graph = () => document.querySelector(`${props.chart} .js-plotly-plot`);
const over = ({ target }) => target.closest?.(`${props.chart} .nsewdrag`);
const lists = () => [...document.querySelectorAll(props.rows)];
const span = (axis) => axis.range[1] - axis.range[0];

// Presses: the server answers with a card, whose picture is marked on the map.
const pressed = { index: null, value: null }; // One object: see app.ui.components.widgets.pressable.
const open = (index) => {
  pressed.index = index;
  trigger("select", pressed);
};
document.addEventListener("click", ({ target }) => {
  const row = target.closest("[data-index]");
  const list = row && [element, ...lists()].find((each) => each.contains(row));
  if (!list) return;
  open(Number(row.dataset.index));
  if (list !== element) frame.scrollIntoView({ behavior: "smooth", block: "nearest" });
});

const placesIn = (holders) =>
  holders.flatMap((holder) => JSON.parse(holder.querySelector("[data-places]")?.dataset.places ?? "[]"));
const mark = () => {
  const card = element.querySelector("[data-number]")?.dataset.number;
  for (const row of lists().flatMap((list) => [...list.querySelectorAll("[data-index]")]))
    row.ariaPressed = String(row.dataset.index === card);
  const plot = graph();
  if (!plot?.data) return;
  const rings = { Pressed: placesIn([element]), Found: placesIn(lists()) };
  const traces = Object.keys(rings).map((name) => plot.data.findIndex((each) => each.name === name));
  const axis = (n) => Object.values(rings).map((places) => places.map((place) => place[n]));
  Plotly.restyle(plot, { x: axis(0), y: axis(1) }, traces);
};
watch("value", mark);

// A chart that has just been drawn.
const names = new WeakMap(); // Of regions on wide screens, by the layout that they belong to.
let fullWidth = Infinity; // Of the whole map.
const label = (plot) => {
  const annotations = narrow.matches ? plot.layout.meta.narrow : names.get(plot.layout);
  Plotly.relayout(plot, { annotations });
};
narrow.addEventListener("change", () => graph()?.layout && label(graph()));

const addThumbnails = async (plot) => {
  const { source, cell, columns, unit, shown } = plot.layout.meta.pictures ?? {};
  if (!source) return;
  const sprite = new Image();
  sprite.src = source;
  await sprite.decode();
  const canvas = document.createElement("canvas");
  const edge = 3;
  const hidden = plot.data.filter((each) => each.visible === "legendonly").map((each) => each.name);
  const images = shown.map(({ x, y, width, height, colour }, number) => {
    [canvas.width, canvas.height] = [width + 2 * edge, height + 2 * edge];
    const context = canvas.getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, canvas.width, canvas.height);
    const [left, top] = [cell * (number % columns), cell * Math.floor(number / columns)];
    context.drawImage(sprite, left, top, width, height, edge, edge, width, height);
    const size = { sizex: unit * canvas.width, sizey: unit * canvas.height };
    const middle = { xref: "x", yref: "y", xanchor: "center", yanchor: "middle" };
    return { source: canvas.toDataURL(), x, y, layer: "below", ...size, ...middle };
  });
  await Plotly.relayout(plot, { images: images.filter((_, n) => !hidden.includes(shown[n].group)) });
};

let tapped = false; // Whether what is hovered next was tapped by a finger.
const connected = new WeakSet(); // Plots with listeners.
const prepare = () => {
  const plot = graph();
  if (!plot?.layout?.meta || names.has(plot.layout) || !plot.querySelector(".nsewdrag")) return;
  names.set(plot.layout, plot.layout.annotations ?? []);
  fullWidth = span(plot.layout.xaxis);
  if (!connected.has(plot)) {
    connected.add(plot);
    const press = ({ points: [{ customdata }] }) => {
      if (Number.isInteger(customdata?.[2])) open(customdata[2]);
    };
    plot.on("plotly_click", press);
    plot.on("plotly_hover", (event) => {
      if (tapped) press(event);
      tapped = false;
    });
    const observer = new MutationObserver(mark);
    lists().forEach((list) => observer.observe(list, { childList: true, subtree: true }));
    plot.on("plotly_restyle", ([changes]) => "visible" in changes && addThumbnails(plot));
  }
  label(plot);
  mark();
  addThumbnails(plot);
};
new MutationObserver(() => requestAnimationFrame(prepare)).observe(frame, {
  childList: true,
  subtree: true,
});

// The wheel zooms where the pointer was moved onto the map, not where the page was scrolled under
// it; and it scrolls the page where there is nothing left to zoom out of.
let movedOnto = false;
document.addEventListener("pointermove", (event) => {
  movedOnto = Boolean(over(event));
});
document.addEventListener(
  "wheel",
  (event) => {
    if (!over(event)) movedOnto = false;
    else if (!event.ctrlKey && (!movedOnto || (event.deltaY > 0 && span(graph().layout.xaxis) >= 0.99 * fullWidth)))
      event.stopImmediatePropagation();
  },
  { capture: true, passive: true },
);

// One finger scrolls the page, as everywhere, and a tap says what is there; two zoom and move the
// map. Left alone, Plotly takes hold of every touch, and knows no pinch.
let fingers = null;
let pinched = false; // Whether fingers that are lifted have zoomed: then they were no tap.
let busy = false;
const pinch = ([one, other]) => ({
  x: (one.clientX + other.clientX) / 2,
  y: (one.clientY + other.clientY) / 2,
  apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
});
const zoom = (plot, before, now) => {
  const { left, bottom, width, height } = plot.querySelector(".nsewdrag").getBoundingClientRect();
  const { xaxis, yaxis } = plot.layout;
  const scale = Math.min(before.apart / now.apart, fullWidth / span(xaxis));
  const range = (axis, from, to) => {
    const start = axis.range[0] + span(axis) * from - span(axis) * scale * to;
    return [start, start + span(axis) * scale];
  };
  const up = ({ y }) => (bottom - y) / height;
  return Plotly.relayout(plot, {
    "xaxis.range": range(xaxis, (before.x - left) / width, (now.x - left) / width),
    "yaxis.range": range(yaxis, up(before), up(now)),
  });
};
document.addEventListener(
  "touchstart",
  (event) => {
    fingers = null;
    if (event.touches.length === 1) pinched = false;
    if (!over(event)) return;
    event.stopPropagation();
    if (event.touches.length === 2) fingers = pinch(event.touches);
  },
  { capture: true },
);
document.addEventListener(
  "touchmove",
  (event) => {
    if (!fingers || event.touches.length !== 2) return;
    event.preventDefault();
    pinched = true;
    if (busy) return;
    const now = pinch(event.touches);
    busy = true;
    zoom(graph(), fingers, now).finally(() => (busy = false));
    fingers = now;
  },
  { capture: true, passive: false },
);
document.addEventListener("pointerup", (event) => {
  const { clientX, clientY, pointerType } = event;
  const map = over(event);
  if (!map || pinched || pointerType === "mouse") return;
  const move = new MouseEvent("mousemove", { clientX, clientY, bubbles: true });
  setTimeout(() => {
    Plotly.Fx.unhover(graph());
    tapped = true;
    map.dispatchEvent(move);
  }, 400);
});

// Masks are drawn over the painting. The value holds a small PNG for each pen with
// which something is drawn, black on nothing, by the pen's key. Where the page shows no pens for
// single styles there is one for all of them, whose key is empty.
const SIDE = 384;
const tab = element.closest(".two-columns");
const slider = tab.querySelector(".compare-slider");
const root = element.querySelector(".mask");
const size = element.querySelector("input");
const button = (tool) => element.querySelector(`[data-tool="${tool}"]`);
const canvas = document.createElement("canvas");
canvas.className = "mask-canvas";
canvas.setAttribute("role", "img");
canvas.setAttribute("aria-label", root.dataset.canvasLabel);

const history = { one: [], each: [] }; // Strokes of the one mask, and those of the styles' masks.
let undone = [];
let erases = false;
let chosen = ""; // Key of the pen in use.
let stroke = null; // While it is being drawn.
let sent = JSON.stringify(props.value ?? {});

const pens = () => [...tab.querySelectorAll(".pens button")];
const keys = () => (pens().length ? pens().map((pen) => pen.dataset.key) : [""]);
const strokes = () => (pens().length ? history.each : history.one);
const pen = () => (keys().includes(chosen) ? chosen : keys()[0]);
const colour = (key) => {
  const one = pens().find((each) => each.dataset.key === key) ?? root;
  return getComputedStyle(one).getPropertyValue("--pen");
};
const blank = () => {
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [canvas.width, canvas.height];
  return sheet;
};

const paintStroke = (sheet, key, { from, clears, images, width, points }) => {
  const context = sheet.getContext("2d", { willReadFrequently: true });
  if (clears || images) context.clearRect(0, 0, sheet.width, sheet.height);
  if (images?.[key]) context.drawImage(images[key], 0, 0, sheet.width, sheet.height);
  if (!points || (from !== null && !keys().includes(from))) return;
  context.globalCompositeOperation = from === key ? "source-over" : "destination-out";
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width * Math.max(sheet.width, sheet.height);
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(x * sheet.width, y * sheet.height));
  // A line of no length at all would not be drawn.
  context.lineTo(points.at(-1)[0] * sheet.width + 0.01, points.at(-1)[1] * sheet.height);
  context.stroke();
};

const redraw = () => {
  const sheets = Object.fromEntries(keys().map((key) => [key, blank()]));
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (const [key, sheet] of Object.entries(sheets)) {
    for (const each of [...strokes(), ...(stroke ? [stroke] : [])]) paintStroke(sheet, key, each);
    const tinted = blank().getContext("2d");
    tinted.drawImage(sheet, 0, 0);
    tinted.globalCompositeOperation = "source-in";
    tinted.fillStyle = colour(key);
    tinted.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(tinted.canvas, 0, 0);
  }
  return sheets;
};

const isDrawn = (sheet) =>
  sheet.getContext("2d").getImageData(0, 0, sheet.width, sheet.height).data.some(Boolean);

const send = () => {
  const sheets = redraw();
  const drawn = Object.entries(sheets).filter(([, sheet]) => isDrawn(sheet));
  const other = Object.entries(props.value ?? {}).filter(([key]) => (key === "") !== ("" in sheets));
  const value = Object.fromEntries([
    ...other,
    ...drawn.map(([key, sheet]) => [key, sheet.toDataURL("image/png")]),
  ]);
  sent = JSON.stringify(value);
  props.value = value;
  trigger("input");
  show();
};

const show = () => {
  button("draw").setAttribute("aria-pressed", root.classList.contains("open"));
  button("pen").setAttribute("aria-pressed", !erases);
  button("eraser").setAttribute("aria-pressed", erases);
  button("undo").disabled = button("clear").disabled = !strokes().length;
  button("redo").disabled = !undone.length;
  for (const each of pens()) {
    each.setAttribute("aria-pressed", !erases && each.dataset.key === pen());
  }
};

const place = () => {
  const frame = slider.querySelector(".frame");
  if (canvas.parentElement !== slider) slider.append(canvas);
  const [outer, inner] = [slider, frame].map((each) => each.getBoundingClientRect());
  canvas.style.left = `${inner.left - outer.left}px`;
  canvas.style.top = `${inner.top - outer.top}px`;
  canvas.style.width = `${inner.width}px`;
  canvas.style.height = `${inner.height}px`;
  const ratio = Number(getComputedStyle(frame).getPropertyValue("--ratio"));
  const width = Math.max(1, Math.round(SIDE * Math.min(1, ratio)));
  const height = Math.max(1, Math.round(SIDE * Math.min(1, 1 / ratio)));
  if (canvas.width === width && canvas.height === height) return;
  [canvas.width, canvas.height] = [width, height]; // Which also clears it.
  redraw();
};

let known = ""; // Pens and their order, at the last update.
const update = () => {
  place();
  if (known === keys().join()) return;
  known = keys().join();
  undone = [];
  redraw();
  show();
};
const sizes = new ResizeObserver(place);
sizes.observe(slider);
sizes.observe(slider.querySelector(".frame"));
const changes = { subtree: true, childList: true, attributes: true };
new MutationObserver(update).observe(tab, { ...changes, attributeFilter: ["data-key"] });
update();
show();

// What the server restores, or clears.
watch("value", async () => {
  const value = props.value || {};
  if (JSON.stringify(value) === sent) return;
  sent = JSON.stringify(value);
  const images = {};
  for (const [key, source] of Object.entries(value)) {
    images[key] = new Image();
    images[key].src = source;
    await images[key].decode();
  }
  const each = Object.keys(images).some((key) => key !== "");
  history.one = images[""] ? [{ images }] : [];
  history.each = each ? [{ images }] : [];
  undone = [];
  redraw();
  show();
});

const position = ({ clientX, clientY }) => {
  const box = canvas.getBoundingClientRect();
  return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
};
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  stroke = { from: erases ? null : pen(), width: size.value / 100, points: [position(event)] };
  redraw();
});
canvas.addEventListener("pointermove", (event) => {
  if (!stroke) return;
  stroke.points.push(position(event));
  redraw();
});
const endStroke = () => {
  if (!stroke) return;
  strokes().push(stroke);
  [stroke, undone] = [null, []];
  send();
};
canvas.addEventListener("pointerup", endStroke);
canvas.addEventListener("pointercancel", endStroke);

const tools = {
  draw: () => root.classList.toggle("open"),
  pen: () => (erases = false),
  eraser: () => (erases = true),
  undo: () => {
    undone.push(strokes().pop());
    send();
  },
  redo: () => {
    strokes().push(undone.pop());
    send();
  },
  clear: () => {
    strokes().push({ clears: true });
    undone = [];
    send();
  },
};
element.addEventListener("click", ({ target }) => {
  const tool = target.closest("[data-tool]")?.dataset.tool;
  if (!tool) return;
  tools[tool]();
  place();
  show();
});
tab.addEventListener("click", ({ target }) => {
  const one = target.closest(".pens button");
  if (!one) return;
  [chosen, erases] = [one.dataset.key, false];
  show();
});

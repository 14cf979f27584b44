// A drawing over the picture that hangs on the easel; its value is a small PNG, empty while nothing
// is drawn.
const SIDE = 384;
const easel = element.closest(".room").querySelector(".easel");
const picture = element.querySelector("img");
const canvas = element.querySelector("canvas");
const pencil = element.querySelector("input");
const tell = (value) => {
  props.value = value;
  trigger("input");
};
const hang = () => {
  const { src } = easel.querySelector("img.picture");
  if (src === picture.src) return;
  picture.src = src;
  props.value = ""; // The server knows that a mask does not outlive its picture.
};
picture.addEventListener("load", () => {
  const scale = SIDE / Math.max(picture.naturalWidth, picture.naturalHeight);
  canvas.width = Math.max(1, picture.naturalWidth * scale); // Which also wipes it.
  canvas.height = Math.max(1, picture.naturalHeight * scale);
});
hang();
const filter = { subtree: true, childList: true, attributes: true, attributeFilter: ["src"] };
new MutationObserver(hang).observe(easel, filter);

let last = null;
const draw = (event) => {
  const box = canvas.getBoundingClientRect();
  const here = [
    ((event.clientX - box.left) / box.width) * canvas.width,
    ((event.clientY - box.top) / box.height) * canvas.height,
  ];
  const pen = canvas.getContext("2d");
  pen.strokeStyle = "#0028ff"; // Without red: on white paper the red channel is the drawing.
  pen.lineCap = pen.lineJoin = "round";
  pen.lineWidth = (pencil.value / 100) * SIDE;
  pen.beginPath();
  pen.moveTo(...(last ?? here));
  pen.lineTo(here[0] + 0.01, here[1]); // A line of no length at all would not be drawn.
  pen.stroke();
  last = here;
};
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  draw(event);
});
canvas.addEventListener("pointermove", (event) => {
  if (last) draw(event);
});
const lift = () => {
  if (!last) return;
  last = null;
  tell(canvas.toDataURL("image/png"));
};
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
const wipe = () => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
watch("value", () => {
  if (!props.value) wipe();
});
element.querySelector("button").addEventListener("click", () => {
  wipe();
  tell("");
});

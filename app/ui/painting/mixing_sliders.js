// "input" sends all values at once. `settled` is false while a slider is still being dragged, so
// that the server may answer with a draft.
const inputs = () => [...element.querySelectorAll("input")];
const { little, much } = element.querySelector(".mixing-sliders").dataset; // "under 1 %" and so on.
const percent = (share) => {
  if (share > 0 && share < 0.01) return little;
  if (share > 0.99 && share < 1) return much;
  const rounded = Math.round(100 * share); // Halves to the even number, as in Python.
  return `${(100 * share) % 1 === 0.5 && rounded % 2 ? rounded - 1 : rounded}\u00a0%`;
};
const label = () => {
  const total = inputs().reduce((sum, { value }) => sum + Number(value), 0) || 1;
  for (const input of inputs()) {
    const words = props.value.shares
      ? percent(input.value / total)
      : `${input.value}${input.dataset.unit}`;
    input.nextElementSibling.textContent = words;
    input.setAttribute("aria-valuetext", words);
  }
};
const show = () => {
  inputs().forEach((input, index) => {
    input.value = props.value.values[index];
  });
  label();
};
const send = (settled) => {
  props.value = { ...props.value, values: inputs().map((input) => Number(input.value)), settled };
  trigger("input");
};
show();
watch("value", show);
element.addEventListener("input", () => {
  label();
  send(false);
});
element.addEventListener("change", () => send(true));

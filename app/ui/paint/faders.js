// "input" tells all values at once. `settled` is false while a slider is still being dragged, so
// that the server may answer with a draft.
const inputs = () => [...element.querySelectorAll("input")];
const label = (input) => {
  input.nextElementSibling.textContent = `${input.value}${input.dataset.unit}`;
};
const show = () =>
  inputs().forEach((input, index) => {
    input.value = props.value.values[index];
    label(input);
  });
const tell = (settled) => {
  props.value = { ...props.value, values: inputs().map((input) => Number(input.value)), settled };
  trigger("input");
};
show();
watch("value", show);
element.addEventListener("input", ({ target }) => {
  label(target);
  tell(false);
});
element.addEventListener("change", () => tell(true));

const pressed = { index: null, value: null }; // One object: see app.ui.components.widgets.pressable.
element.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  [pressed.index, pressed.value] = [Number(button.dataset.index), button.dataset.value];
  trigger("select", pressed);
});

// Which buttons are pressed is apart from them: so most answers need not send them again.
const show = () => {
  for (const button of element.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", props.value.pressed.includes(Number(button.dataset.index)));
    button.classList.remove("waiting");
  }
};
show();
watch("value", show);
// The brush in the hand may hang far down; it has a place only once the wall is in sight.
new ResizeObserver((sizes, observer) => {
  const pressed = element.querySelector('[aria-pressed="true"]');
  if (!element.offsetHeight || !pressed) return;
  const wall = pressed.parentElement;
  const [here, there] = [pressed.getBoundingClientRect(), wall.getBoundingClientRect()];
  wall.scrollBy(here.left - there.left - 4, here.top - there.top - 4);
  observer.disconnect();
}).observe(element);
const pressed = { index: null, value: null }; // One object: see app.ui.widgets.pressable.
element.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  button.classList.add("waiting"); // Until the server has answered.
  pressed.index = Number(button.dataset.index);
  trigger("select", pressed);
});

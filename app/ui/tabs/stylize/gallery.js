// Which buttons are pressed is apart from them: so most answers need not send them again.
// What is pressed while an answer is on its way goes out after it, all of it at once. The data of
// the event is one object for good, see app.ui.components.widgets.pressable.
let unsent = [];
const pressed = {
  index: null,
  toJSON() {
    const told = { index: this.index, value: unsent };
    unsent = [];
    return told;
  },
};
const show = () => {
  for (const button of element.querySelectorAll("button")) {
    const index = Number(button.dataset.index);
    button.setAttribute("aria-pressed", props.value.pressed.includes(index));
    button.classList.toggle("waiting", unsent.includes(index));
  }
};
show();
watch("value", show);
element.addEventListener("settled", show); // Also after an answer that changed nothing.
// The brush in the hand may hang far down; it has a place only once the wall is in sight.
new ResizeObserver((sizes, observer) => {
  const pressed = element.querySelector('[aria-pressed="true"]');
  if (!element.offsetHeight || !pressed) return;
  const wall = pressed.parentElement;
  const [here, there] = [pressed.getBoundingClientRect(), wall.getBoundingClientRect()];
  wall.scrollBy(here.left - there.left - 4, here.top - there.top - 4);
  observer.disconnect();
}).observe(element);
element.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  button.classList.add("waiting"); // Until the server has answered.
  pressed.index = Number(button.dataset.index);
  unsent.push(pressed.index);
  trigger("select", pressed);
});

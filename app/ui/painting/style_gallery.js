// Which buttons are pressed is stored apart from them: so most answers need not send them again.
// What is pressed while an answer is on its way is sent after it, all of it at once. The data of the
// event is always the same object, see app.ui.components.widgets.pressable.
let unsent = [];
const pressed = {
  index: null,
  toJSON() {
    const sent = { index: this.index, value: unsent };
    unsent = [];
    return sent;
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
// The style in use may be far down; it has a position only once the gallery is in sight.
new ResizeObserver((sizes, observer) => {
  const pressed = element.querySelector('[aria-pressed="true"]');
  if (!element.offsetHeight || !pressed) return;
  const gallery = pressed.parentElement;
  const [here, there] = [pressed.getBoundingClientRect(), gallery.getBoundingClientRect()];
  gallery.scrollBy(here.left - there.left - 4, here.top - there.top - 4);
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

// A sheet of tiles: press one with the mouse, or go to it with the arrow keys and press Enter.
const tiles = () => [...element.querySelectorAll(".atlas-sheet button")];

// One tile at a time is reached by Tab: 256 stops would be in the way of what follows.
const makeReachable = (tile, focus) => {
  tiles().forEach((other) => (other.tabIndex = other === tile ? 0 : -1));
  if (focus) tile.focus();
};

const columns = (all) => {
  const second = all.findIndex((tile) => tile.offsetTop > all[0].offsetTop);
  return second < 0 ? all.length : second;
};

const pressed = { index: null, value: null }; // One object: see app.ui.components.widgets.pressable.
element.addEventListener("click", ({ target }) => {
  const tile = target.closest(".atlas-sheet button");
  if (!tile) return;
  tiles().forEach((other) => other.setAttribute("aria-pressed", String(other === tile)));
  makeReachable(tile, false);
  pressed.index = Number(tile.dataset.index);
  trigger("select", pressed);
});

element.addEventListener("keydown", (event) => {
  const all = tiles();
  const here = all.indexOf(event.target);
  if (here < 0) return;
  const steps = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns(all),
    ArrowDown: columns(all),
    Home: -here,
    End: all.length - 1 - here,
  };
  const next = all[here + steps[event.key]];
  if (!next) return;
  event.preventDefault();
  makeReachable(next, true);
});

// Sliders set variables of this element, which survives when new pictures are hung in it.
element.addEventListener("input", ({ target }) => {
  element.style.setProperty(`--${target.name}`, target.value / 100);
});

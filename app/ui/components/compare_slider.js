// Sliders set variables of this element, which stays when its pictures change.
element.addEventListener("input", ({ target }) => {
  element.style.setProperty(`--${target.name}`, target.value / 100);
});

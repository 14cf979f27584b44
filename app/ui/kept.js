// While the session lives, the picture comes back when the page is loaded anew. The token stays in
// this one tab of this one browser; `data-returning` says that the picture is on its way.
const name = element.closest(".block").id;
watch("value", () => {
  sessionStorage.setItem(name, props.value);
  delete element.dataset.returning;
});
const before = sessionStorage.getItem(name);
if (before) {
  element.dataset.returning = "";
  props.value = before;
  trigger("input");
}

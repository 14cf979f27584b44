// While the session lives, the picture comes back when the page is loaded anew. The token stays in
// this one tab of this one browser; `data-restoring` says that it is on its way.
const name = element.closest(".block").id;
watch("value", () => {
  sessionStorage.setItem(name, props.value);
  delete document.body.dataset.restoring;
});
const before = sessionStorage.getItem(name);
if (before) {
  document.body.dataset.restoring = name;
  props.value = before;
  trigger("input");
}

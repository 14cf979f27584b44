// While the session lives, the picture comes back when the page is loaded anew. The token stays in
// this one tab of this one browser; `data-returning` says that the picture is on its way.
const name = element.closest(".block").id;
const keep = () => {
  sessionStorage.setItem(name, props.value);
  delete element.dataset.returning;
};
watch("value", keep);
const before = sessionStorage.getItem(name);
if (props.value) keep(); // A picture was carried here before the tab was ever opened.
else if (before) {
  element.dataset.returning = "";
  props.value = before;
  trigger("input");
}

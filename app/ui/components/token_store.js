// Restores what the tab showed before a reload, while the session lives. The token is kept in the
// session storage of this browser tab; `data-restoring` marks that the answer is awaited.
const storageKey = element.closest(".block").id;
const store = () => {
  sessionStorage.setItem(storageKey, props.value);
  delete element.dataset.restoring;
};
watch("value", store);
const stored = sessionStorage.getItem(storageKey);
if (props.value) store(); // Another tab sent a picture before this one was ever opened.
else if (stored) {
  element.dataset.restoring = "";
  props.value = stored;
  trigger("input");
}

(words) => {
  // A picture that is pasted or dropped anywhere on the page goes to the visible upload area.
  const upload = (files) => {
    const areas = [...document.querySelectorAll(".image-input")];
    const input = areas.find((area) => area.offsetParent)?.querySelector("input[type=file]");
    if (!files.length || !input) return false;
    const transfer = new DataTransfer();
    transfer.items.add(files[0]);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };
  document.addEventListener("paste", (event) => {
    if (upload(event.clipboardData.files)) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (event.target.closest(".image-input")) return; // Gradio handles this one.
    event.preventDefault();
    upload(event.dataTransfer.files);
  });
  // Leaving ends long work, so the browser asks first. Gradio would close its connections before the
  // visitor has answered, even if the answer is to stay; so its own listener is not called.
  const stopButtons = "#slowly-stop, #rendering-stop, #collection-stop, [id^=stop-]";
  const confirmLeaving = (event) => {
    const buttons = [...document.querySelectorAll(stopButtons)];
    if (buttons.every((button) => button.matches(".hidden, .hide"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("beforeunload", confirmLeaving, { capture: true });
  // Gradio writes "queue: 1/1 | 6.0/92.7s" over what is being updated, words that its translations do
  // not reach. style/progress.css hides them and shows these attributes instead.
  const seconds = (text) => words.seconds.replace("{count}", Math.round(Number(text)));
  const describe = (status) => {
    const queue = status.textContent.match(/queue: (\d+)\/(\d+)/);
    const time = status.textContent.match(/([\d.]+)(?:\/([\d.]+))?s\s*$/);
    status.toggleAttribute("data-waiting", Boolean(queue));
    const place = queue && Number(queue[1]) > 1 ? words.place.replace("{count}", queue[1]) : "";
    const total = time?.[2] && !queue ? words.total.replace("{time}", seconds(time[2])) : "";
    status.dataset.progress = place + (time ? `, ${seconds(time[1])}${total}` : "");
  };
  setInterval(() => {
    document.querySelectorAll('[data-testid="status-tracker"] .progress-text').forEach(describe);
  }, 250);
};

() => {
  // A picture that is pasted or dropped anywhere on the page is taken like an upload.
  const handOver = (files) => {
    const doors = [...document.querySelectorAll(".door")];
    const input = doors.find((door) => door.offsetParent)?.querySelector("input[type=file]");
    if (!files.length || !input) return false;
    const box = new DataTransfer();
    box.items.add(files[0]);
    input.files = box.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };
  document.addEventListener("paste", (event) => {
    if (handOver(event.clipboardData.files)) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (event.target.closest(".door")) return; // Gradio takes this one itself.
    event.preventDefault();
    handOver(event.dataTransfer.files);
  });
  // Leaving ends what can be stopped. Gradio would close its connections before the visitor has
  // answered, also if that is to stay; so it is not told.
  const stops = "#slowly-stop, #rendering-stop, #collection-stop, [id^=stop-]";
  const asks = (event) => {
    const buttons = [...document.querySelectorAll(stops)];
    if (buttons.every((button) => button.matches(".hidden, .hide"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("beforeunload", asks, { capture: true });
};

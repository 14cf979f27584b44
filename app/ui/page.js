// A picture that is pasted or dropped anywhere on the page goes through the same door as an upload.
() => {
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
};

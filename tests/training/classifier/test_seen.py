from training.classifier.seen import count_seen, leave_out, read_seen
from training.common.movements import MOVEMENTS
from training.data import PHOTOGRAPH, Record


def test_paintings_that_may_have_been_learned_from_are_left_out():
    def record(name: str, movement: str, split: str = "test") -> Record:
        return Record(f"folder/{name}", movement, split=split)

    new, known = record("new.jpg", "Cubism"), record("known.jpg", "Cubism")
    photographs = [record(f"{i}.jpg", PHOTOGRAPH) for i in range(4)]
    seen = {"known.jpg", "0.jpg", "1.jpg", "2.jpg"}
    kept, told = leave_out([new, known, *photographs], seen)
    assert kept == [new, *photographs]
    assert told == {"paintings": 1, "photographs": 0.75}


def test_pictures_that_may_have_been_learned_from_are_counted(tmp_path):
    path = tmp_path / "seen.csv"
    path.write_text("file\ntest-Cubism-0.png\nold/test-Cubism-1.png\ntrain-Cubism-0.png\n")
    records = [
        Record(f"folder/{split}-{movement}-{number}.png", movement, split=split)
        for split in ("train", "validation", "test", "test_artists")
        for movement in MOVEMENTS
        for number in range(2)
    ]
    assert count_seen(records, read_seen(path)) == {"test": 2, "test_artists": 0}

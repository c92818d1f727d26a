"""Reading and writing tables: every format, and one clear sentence for every bad input."""

import gzip
import io
import os
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from genad.data import open_table, write_table
from genad.data import text as text_module
from genad.errors import DataError


@pytest.fixture
def file(tmp_path):
    def make(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def tiny_blocks(monkeypatch):
    """Parse text in tiny blocks, so that a small file has many."""
    monkeypatch.setattr(text_module, "_BLOCK", 256)


def read(path):
    return open_table(path).read()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def types(table):
    return {column.name: str(column.type) for column in table.schema}


# ---------------------------------------------------------------- text: what it means


def test_types_and_missing_cells(file):
    table = read(
        file(
            "i,f,b,t,s\n"
            "1,1.5,true,2024-01-01 00:00:00,NA\n"
            "?,NaN,null,,x\n"
            "3,,false,2024-01-02T03:04:05,\n"
        )
    )
    assert types(table) == {
        "i": "int64",
        "f": "double",
        "b": "bool",
        "t": "timestamp[s]",
        "s": "string",
    }
    assert table["i"].to_pylist() == [1, None, 3]
    assert table["f"].to_pylist() == [1.5, None, None]
    assert table["b"].to_pylist() == [True, None, False]
    assert table["t"].null_count == 1
    assert table["s"].to_pylist() == ["NA", "x", None]  # text keeps "NA", which may be a name


def test_dates_times_and_columns_without_values(file):
    table = read(file("day,clock,nothing\n2024-01-01,12:30,\n2024-01-02,13:00,NA\n"))
    assert types(table) == {"day": "date32[day]", "clock": "string", "nothing": "double"}
    assert table["clock"].to_pylist() == ["12:30", "13:00"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiter_is_taken_from_the_first_line(file, delimiter):
    path = file(f"a{delimiter}b\n1{delimiter}2\n")
    assert read(path).to_pydict() == {"a": [1], "b": [2]}


def test_delimiter_inside_quotes_does_not_count(file):
    assert open_table(file('"a,b,c";d\n1;2\n')).columns == ["a,b,c", "d"]


@pytest.mark.parametrize("name", ["t.tsv", "t.TSV"])
def test_tsv_is_cut_at_tabs_only(file, name):
    assert read(file("a\tb;c\n1\t2\n", name)).to_pydict() == {"a": [1], "b;c": [2]}


@pytest.mark.parametrize("name", ["t.csv.gz", "t.tsv.gz"])
def test_gzip(file, name):
    delimiter = "\t" if ".tsv" in name else ","
    path = file(gzip.compress(f"a{delimiter}b\n1{delimiter}x\n".encode()), name)
    assert read(path).to_pydict() == {"a": [1], "b": ["x"]}


def test_byte_order_mark_crlf_quotes_and_unicode(file):
    path = file('\ufeffnäme,"say ""hi"", ok"\r\n"Zoë, Ångström",1\r\n"two\nlines",2\r\n')
    assert read(path).to_pydict() == {
        "näme": ["Zoë, Ångström", "two\nlines"],
        'say "hi", ok': [1, 2],
    }


def test_header_over_two_lines_and_blank_lines(file):
    assert read(file('\n"a\nb",c\n\n1,2\n\n3,4\n')).to_pydict() == {"a\nb": [1, 3], "c": [2, 4]}


def test_names_are_stripped_and_nameless_columns_numbered(file):
    assert open_table(file(" a , b,\n1,2,3\n")).columns == ["a", "b", "unnamed_2"]


def test_no_header_where_the_first_line_is_numbers(file):
    table = read(file("\ufeff1,2.5,\n3,4,5\n"))
    assert table.to_pydict() == {"x0": [1, 3], "x1": [2.5, 4.0], "x2": [None, 5]}


@pytest.mark.parametrize("header", ["1,a", "inf,1", "1_0,2", "a"])
def test_a_first_line_with_a_word_is_a_header(file, header):
    table = open_table(file(f"{header}\n" + "5,6\n"[: 2 * len(header.split(",")) - 1] + "\n"))
    assert table.columns == header.split(",")


# ---------------------------------------------------------------- text: types settled over all rows


@pytest.mark.parametrize(
    ("early", "late", "kind"),
    [
        ("1", "2.5", "double"),
        ("1", "word", "string"),
        ("1", "99999999999999999999", "double"),
        ("1", "true", "bool"),
        ("", "7", "int64"),
        ("?", "2024-01-01", "date32[day]"),
        ("2024-01-01", "?", "date32[day]"),
        ("2024-01-01", "2024-01-01 10:00", "timestamp[s]"),
        ("true", "5", "string"),
        ("2024-01-01", "2024-01-01 10:00:00.25", "timestamp[ns]"),
        ("2024-01-01", "3", "string"),
        ("1", "2", "int64"),
        ("NA", "NaN", "double"),
    ],
)
def test_type_that_changes_late(file, tiny_blocks, early, late, kind):
    path = file("a,b\n" + f"{early},1\n" * 500 + f"{late},x\n")
    table = read(path)
    assert types(table) == {"a": kind, "b": "string"}
    assert table.num_rows == 501
    for chunk in open_table(path).chunks(100):
        assert chunk.schema == table.schema


def test_late_text_keeps_early_cells_as_written(file, tiny_blocks):
    column = read(file("a,b\n" + "01,1\n" * 300 + "x,1\n"))["a"].to_pylist()
    assert column == ["01"] * 300 + ["x"]


def test_chunks_are_full_and_say_the_same_as_read(file, tiny_blocks):
    rng = np.random.default_rng(0)
    lines = [f"{i},{v!r},w{i % 7}" for i, v in enumerate(rng.normal(size=2_000).tolist())]
    opened = open_table(file("i,v,w\n" + "\n".join(lines)))
    chunks = list(opened.chunks(333))
    assert [chunk.num_rows for chunk in chunks] == [333] * 6 + [2]
    assert pa.concat_tables(chunks).equals(opened.read())
    assert opened.rows is None


def test_big_file_is_streamed(tmp_path, monkeypatch):
    monkeypatch.setattr(text_module, "_BLOCK", 1 << 16)
    path = tmp_path / "big.csv"
    row = "0.125," * 9 + "1\n"
    path.write_text(",".join("abcdefghij") + "\n" + row * 400_000)
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in open_table(path).chunks(10_000)]
    whole = 400_000 * 10 * 8
    assert len(held) == 40
    assert max(held) < whole / 4


# ---------------------------------------------------------------- Parquet and NPZ


def test_parquet(tmp_path):
    table = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]})
    parquet.write_table(table, tmp_path / "t.parquet")
    opened = open_table(str(tmp_path / "t.parquet"))
    assert (opened.columns, opened.rows) == (["a", "b"], 3)
    assert opened.read().equals(table)
    assert [chunk.num_rows for chunk in opened.chunks(2)] == [2, 1]


def test_npz_with_labels(tmp_path):
    data = np.arange(12.0).reshape(6, 2)
    np.savez(tmp_path / "t.npz", X=data, y=np.arange(6) % 2)
    opened = open_table(tmp_path / "t.npz")
    assert (opened.columns, opened.rows) == (["x0", "x1", "label"], 6)
    assert opened.read()["x1"].to_pylist() == data[:, 1].tolist()
    chunks = list(opened.chunks(4))
    assert [chunk.num_rows for chunk in chunks] == [4, 2]
    assert pa.concat_tables(chunks).equals(opened.read())


def test_npz_with_one_array_of_any_name(tmp_path):
    np.savez_compressed(tmp_path / "t.npz", readings=np.ones((2, 3), np.float32))
    assert open_table(tmp_path / "t.npz").columns == ["x0", "x1", "x2"]


# ---------------------------------------------------------------- bad input


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def damaged_member():
    buffer = io.BytesIO(npz(X=np.ones((50, 2))))
    content = bytearray(buffer.getvalue())
    content[200] ^= 0xFF
    return bytes(content)


def parquet_bytes(table):
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()


BAD = {
    "empty": ("t.csv", b"", "is empty"),
    "blank lines only": ("t.csv", b"\n\n", "has no columns"),
    "header only": ("t.csv", b"a,b\n", "no rows"),
    "header and blank lines": ("t.csv", b"a,b\n\n\n", "no rows"),
    "short line": ("t.csv", b"a,b\n1,2\n\n3\n4,5\n", "line 4 has 1 cells .* has 2"),
    "long line": ("t.csv", b"a,b\n1,2\n3,4,5\n", "line 3 has 3 cells"),
    "open quote": ("t.csv", b'a,b\n1,2\n"3,4\n5,6\n', "line 3 has 1 cells"),
    "latin-1": ("t.csv", b"a,b\n1,caf\xe9\n", r"byte 9 \(line 2\) is not UTF-8.*save .* UTF-8"),
    "latin-1 header": ("t.csv", b"caf\xe9,b\n1,2\n", r"byte 3 \(line 1\) is not UTF-8"),
    "utf-16": ("t.csv", "a,b\n1,2\n".encode("utf-16"), r"byte 0 \(line 1\)"),
    "no gzip": ("t.csv.gz", b"a,b\n1,2\n", "gzip"),
    "cut gzip": ("t.csv.gz", gzip.compress(os.urandom(99) + b"a,b\n1,2\n")[:-20], "gzip"),
    "repeated name": ("t.csv", b"a,b,a\n1,2,3\n", "2 columns named 'a'"),
    "unknown suffix": ("t.xlsx", b"PK", r"\.xlsx cannot be read: its name .* \.csv, \.tsv"),
    "no suffix": ("t", b"a\n1\n", r"has to end in one of \.csv"),
    "corrupt parquet": ("t.parquet", b"PAR1 not really", "it is not a Parquet file, or is damaged"),
    "parquet without rows": ("t.parquet", parquet_bytes(pa.table({"a": [1]})[:0]), "no rows"),
    "corrupt npz": ("t.npz", b"PK\x03\x04 not really", "not an NPZ file, or is damaged"),
    "npy named npz": ("t.npz", b"\x93NUMPY", "not an NPZ file"),
    "damaged member": ("t.npz", damaged_member(), "it is not an NPZ file, or is damaged"),
    "pickle": ("t.npz", npz(X=np.array([[{}]], dtype=object)), "never loaded"),
    "1-D array": ("t.npz", npz(X=np.ones(3)), r"holds X \(3,\): give X of shape"),
    "several arrays": ("t.npz", npz(a=np.ones((2, 2)), b=np.ones(2)), r"holds a \(2, 2\), b"),
    "short y": ("t.npz", npz(X=np.ones((3, 2)), y=np.ones(2)), r"y \(2,\)"),
    "no arrays": ("t.npz", npz(), "holds nothing"),
    "no npz rows": ("t.npz", npz(X=np.ones((0, 2))), "no rows"),
    "no npz columns": ("t.npz", npz(X=np.ones((2, 0))), "no columns"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file(file, case):
    name, content, expected = BAD[case]
    path = file(content, name)
    with pytest.raises(DataError, match=expected) as caught:
        open_table(path).read()
    assert_one_sentence(caught.value)


def test_bad_line_is_found_by_chunks_too(file, tiny_blocks):
    path = file("a,b\n" + "1,2\n" * 1_000 + "3\n")
    with pytest.raises(DataError, match="line 1002 has 1 cells"):
        list(open_table(path).chunks())


def test_bad_byte_far_down(file, tiny_blocks):
    path = file(b"a,b\n" + b"1,x\n" * 1_000 + b"1,\xff\n")
    with pytest.raises(DataError, match=r"byte 4006 \(line 1002\)"):
        read(path)


def test_missing_file_folder_and_piece_of_no_rows(tmp_path, file):
    with pytest.raises(DataError, match="does not exist") as caught:
        open_table(tmp_path / "none.csv")
    assert_one_sentence(caught.value)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        open_table(tmp_path / "folder.csv")
    with pytest.raises(DataError, match="rows=0"):
        list(open_table(file("a\n1\n")).chunks(0))


def test_file_that_may_not_be_read(file, monkeypatch):
    path = file("a\n1\n")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(DataError, match="cannot be read: you do not have permission") as caught:
        open_table(path)
    assert_one_sentence(caught.value)


def test_file_that_goes_away_after_opening(file):
    path = file("a\n1\n")
    opened = open_table(path)
    path.unlink()
    with pytest.raises(DataError, match="does not exist"):
        opened.read()


def assert_one_sentence(error):
    message = str(error)
    assert message.endswith(".")
    assert "\n" not in message
    assert not re.search(r"Arrow|Traceback|Errno", message)


# ---------------------------------------------------------------- writing


TABLE = pa.table(
    {
        "i": [1, None, 3],
        "f": [0.1, -1e300, None],
        "b": [True, None, False],
        "s": ["x, y", 'say "é"', None],
        "t": pa.array([0, 1, None], pa.timestamp("s")),
    }
)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.tsv.gz", "t.parquet"])
def test_written_tables_read_the_same(tmp_path, name):
    path = tmp_path / name
    write_table((TABLE[i : i + 1] for i in range(3)), path)
    assert read(path).cast(TABLE.schema).equals(TABLE)  # Parquet has no timestamp[s], only [ms]
    assert names(tmp_path) == [name]


def test_written_file_replaces_and_has_the_usual_permissions(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("old")
    write_table([TABLE], str(path))
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert read(path).num_rows == 3


def test_later_pieces_take_the_types_of_the_first(tmp_path):
    write_table([pa.table({"a": [0.5]}), pa.table({"a": [2]})], tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet")["a"].to_pylist() == [0.5, 2.0]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError("no"), ValueError("mine")])
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet"])
def test_a_failure_leaves_nothing_and_keeps_the_old_file(tmp_path, failure, name):
    (tmp_path / name).write_bytes(b"old")

    def pieces():
        yield TABLE
        raise failure

    kind = failure if isinstance(failure, type) else type(failure)
    with pytest.raises(kind) as caught:
        write_table(pieces(), tmp_path / name)
    assert not isinstance(caught.value, DataError)
    assert names(tmp_path) == [name]
    assert (tmp_path / name).read_bytes() == b"old"


@pytest.mark.parametrize(
    ("pieces", "name", "expected"),
    [
        ([], "t.csv", "nothing to write"),
        ([TABLE], "t.npz", r"cannot be written: its name has to end in one of \.csv"),
        ([TABLE], "none/t.csv", "none does not exist"),
        ([TABLE], "folder.csv", "cannot be written"),
        ([TABLE], "plain/t.csv", "cannot be written"),
        ([TABLE, TABLE.select(["i"])], "t.csv", r"has the columns \['i'\], the first"),
        ([pa.table({"a": [1]}), pa.table({"a": ["x"]})], "t.csv", "other types than the first"),
        ([pa.table({"a": [[1]]})], "t.csv", "cannot be written"),
    ],
)
def test_what_cannot_be_written(tmp_path, pieces, name, expected):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "plain").touch()
    with pytest.raises(DataError, match=expected) as caught:
        write_table(pieces, tmp_path / name)
    assert_one_sentence(caught.value)
    assert names(tmp_path) == ["folder.csv", "plain"]


def test_folder_that_may_not_be_written(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pa, "output_stream", refuse)
    with pytest.raises(DataError, match="cannot be written: you do not have permission"):
        write_table([TABLE], tmp_path / "t.csv")
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_full_disk(tmp_path, monkeypatch, name):
    opened = pa.output_stream
    monkeypatch.setattr(pa, "output_stream", lambda path, **options: opened("/dev/full", **options))
    with pytest.raises(DataError, match=r"cannot be written: .*No space left"):
        write_table([TABLE] * 100, tmp_path / name)
    assert names(tmp_path) == []


def test_rows_longer_than_a_block(file, tiny_blocks):
    columns = [f"column_{i}" for i in range(200)]
    path = file(",".join(columns) + "\n" + ",".join("7" * 200) + "\n")
    assert read(path).shape == (1, 200)

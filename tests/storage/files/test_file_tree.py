"""What is found below the folders that somebody names, and what stays out."""

import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from storage.errors import Invalid
from storage.files import ignore_rules, named_paths
from storage.files.file_tree import FileFilter, Survey

MOST = 1_000


def tree(root: Path, *names: str, **contents: str) -> Path:
    """A folder with these files; a name that ends with / is a folder."""
    for name in names:
        path = root / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(contents.get(name, name), "utf-8")
    return root


def surveyed(*named: Path | str, exclude: Sequence[str] = (), barred: Sequence[Path] = ()) -> Survey:
    """What is found where Markdown is all that is read."""
    wanted = FileFilter(lambda path: path.endswith(".md"), ignore_rules.compiled(exclude), barred, MOST)
    return named_paths.survey([str(name) for name in named], wanted)


def found(*named: Path | str, exclude: Sequence[str] = ()) -> list[str]:
    return [file.relative for file in surveyed(*named, exclude=exclude).files.values()]


def reasons(survey: Survey) -> dict[str, str]:
    return {Path(each.path).name: each.reason for each in survey.skipped}


def test_a_folder_is_walked_in_order_of_name(tmp_path: Path) -> None:
    docs = tree(tmp_path / "docs", "b.md", "guide/two.md", "guide/deep/three.md", "a.md")
    assert found(docs) == ["docs/a.md", "docs/b.md", "docs/guide/two.md", "docs/guide/deep/three.md"]
    assert list(surveyed(docs).files) == [str(tmp_path / name) for name in found(docs)]


def test_what_is_found_has_its_size_and_time(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("12345", "utf-8")
    os.utime(tmp_path / "a.md", ns=(1, 1_790_000_000_000_000_000))
    (file,) = surveyed(tmp_path).files.values()
    assert (file.size, file.modified_ns) == (5, 1_790_000_000_000_000_000)


def test_hidden_files_and_what_programs_install_stay_out(tmp_path: Path) -> None:
    tree(
        tmp_path,
        ".git/x.md", ".hidden.md", "node_modules/x.md", "a/__pycache__/x.md", "env/pyvenv.cfg", "env/x.md", "kept.md",
    )  # fmt: skip
    survey = surveyed(tmp_path)
    assert [Path(path).name for path in survey.files] == ["kept.md"]
    assert survey.skipped == []


def test_a_hidden_file_or_folder_that_is_named_is_taken(tmp_path: Path) -> None:
    tree(tmp_path, ".notes/x.md", ".hidden.md")
    assert found(tmp_path / ".notes", tmp_path / ".hidden.md") == [".notes/x.md", ".hidden.md"]


def test_other_formats_are_counted_in_folders_and_taken_when_named(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "b.PY", "c.o", "Makefile", "d.md")
    survey = surveyed(tmp_path)
    assert (len(survey.files), dict(survey.formats)) == (1, {".py": 2, ".o": 1, "no extension": 1})
    assert found(tmp_path / "a.py", tmp_path / "Makefile") == ["a.py", "Makefile"]


def test_ignore_files_count_from_their_folder_down(tmp_path: Path) -> None:
    """The deeper one has the last word, and so has .satchelignore beside .gitignore."""
    tree(
        tmp_path,
        ".gitignore", "a.md", "b.md", "build/x.md", "sub/.gitignore", "sub/a.md", "sub/b.md", "sub/build/x.md",
        "both/.gitignore", "both/.satchelignore", "both/c.md", "both/d.md",
        **{
            ".gitignore": "a.md\n/build/\n",
            "sub/.gitignore": "!a.md\nb.md\n",
            "both/.gitignore": "c.md\nd.md\n",
            "both/.satchelignore": "!d.md\n",
        },
    )  # fmt: skip
    name = tmp_path.name
    assert found(tmp_path) == [f"{name}/{each}" for each in ("b.md", "both/d.md", "sub/a.md", "sub/build/x.md")]


def test_a_folder_that_is_ignored_is_not_entered(tmp_path: Path) -> None:
    tree(tmp_path, ".gitignore", "out/.gitignore", "out/x.md", **{".gitignore": "out/", "out/.gitignore": "!x.md"})
    assert found(tmp_path) == []


def test_excludes_are_stronger_than_ignore_files(tmp_path: Path) -> None:
    docs = tree(tmp_path / "docs", ".gitignore", "old/x.md", "new/x.md", "new/y.md", **{".gitignore": "!x.md"})
    assert found(docs, exclude=["/old/", "y.md"]) == ["docs/new/x.md"]
    assert found(docs, exclude=["*.md", "!x.md"]) == ["docs/new/x.md", "docs/old/x.md"]


def test_an_exclude_counts_for_named_files_too(tmp_path: Path) -> None:
    tree(tmp_path, "a.md", "draft.md")
    survey = surveyed(tmp_path / "a.md", tmp_path / "draft.md", exclude=["draft*"])
    assert [Path(path).name for path in survey.files] == ["a.md"]
    assert survey.excluded == [str(tmp_path / "draft.md")]


@pytest.mark.parametrize("pattern", ["\\", "!", "[z-a]", "*a*a*a*a", "a*/" * 9])
def test_a_pattern_that_is_none_or_takes_forever_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid):
        ignore_rules.compiled([pattern])


def test_bad_lines_of_an_ignore_file_are_told_and_the_others_count(tmp_path: Path) -> None:
    """Such a file may come with somebody else's folder: one pattern of stars can keep the matcher busy for hours."""
    hostile = "*a*a*a*a*a*a*a*a*a*b"
    tree(tmp_path, ".gitignore", "a" * 200 + ".md", "x.md", **{".gitignore": f"{hostile}\n[z-a]\nx.md\n"})
    survey = surveyed(tmp_path)
    assert [Path(path).name for path in survey.files] == ["a" * 200 + ".md"]
    assert reasons(survey)[".gitignore"].startswith("2 of its rules do not count")


def test_an_ignore_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    tree(tmp_path, "a.md", ".gitignore/")
    survey = surveyed(tmp_path)
    assert (len(survey.files), list(reasons(survey))) == (1, [".gitignore"])


def test_ignore_files_may_hold_any_bytes(tmp_path: Path) -> None:
    tree(tmp_path, "a.md", "b.md")
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbfa.md\r\n\xff\xfe\n\0\n# comment\n\n")
    assert [Path(name).name for name in found(tmp_path)] == ["b.md"]


needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


@needs_links
def test_links_are_followed_inside_the_folder_only(tmp_path: Path) -> None:
    docs = tree(tmp_path / "docs", "a.md", ".store/v2.md", ".store/part/p.md")
    tree(tmp_path, "secret.md", "other/x.md")
    (docs / "latest.md").symlink_to(".store/v2.md")
    (docs / "part").symlink_to(docs / ".store" / "part")
    (docs / "out.md").symlink_to(tmp_path / "secret.md")
    (docs / "other").symlink_to("../other")
    (docs / "broken.md").symlink_to("nowhere.md")
    survey = surveyed(docs)
    assert {file.relative: Path(path).name for path, file in survey.files.items()} == {
        "docs/a.md": "a.md", "docs/latest.md": "v2.md", "docs/part/p.md": "p.md",
    }  # fmt: skip
    assert reasons(survey) == {
        "broken.md": "a link that leads nowhere",
        "other": "a link that leads out of the folder",
        "out.md": "a link that leads out of the folder",
    }


@needs_links
def test_links_in_a_circle_end_and_nothing_is_found_twice(tmp_path: Path) -> None:
    docs = tree(tmp_path / "docs", "a/one.md", "b/two.md")
    (docs / "a" / "up").symlink_to(docs)
    (docs / "b" / "a").symlink_to(docs / "a")
    (docs / "again.md").symlink_to("b/two.md")
    (docs / "loop.md").symlink_to("loop.md")
    assert found(docs) == ["docs/a/one.md", "docs/b/two.md"]


@needs_links
def test_a_folder_named_by_a_link_is_walked_where_it_is(tmp_path: Path) -> None:
    tree(tmp_path / "docs-2.0", "a.md")
    (tmp_path / "docs").symlink_to("docs-2.0")
    survey = surveyed(tmp_path / "docs")
    ((path, file),) = survey.files.items()
    assert (path, file.relative) == (str(tmp_path / "docs-2.0" / "a.md"), "docs/a.md")


@pytest.mark.skipif(sys.platform == "win32", reason="there are none")
def test_pipes_and_sockets_are_skipped_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.md")
        survey = surveyed(tmp_path, tmp_path / "pipe.md")
    assert {each.reason for each in survey.skipped} == {"not a regular file"}
    assert sorted(reasons(survey)) == ["pipe.md", "socket.md"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_names_that_are_no_text_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a", "utf-8")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md"))).write_text("b", "utf-8")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xfe"))).mkdir()
    survey = surveyed(tmp_path)
    assert [Path(path).name for path in survey.files] == ["a.md"]
    assert [each.reason for each in survey.skipped] == ["its name is not valid text"] * 2
    assert all(each.path.isprintable() for each in survey.skipped)


def test_what_is_too_large_is_skipped_and_noted_as_still_there(tmp_path: Path) -> None:
    (tmp_path / "big.md").write_bytes(b"x" * (MOST + 1))
    survey = surveyed(tmp_path)
    assert reasons(survey) == {"big.md": "is 1,001 bytes, at most 1,000 are read"}
    assert survey.unread == [str(tmp_path / "big.md")]


def test_a_folder_nobody_may_read_is_told_and_noted_as_still_there(tmp_path: Path) -> None:
    tree(tmp_path, "a.md", "closed/x.md")
    (tmp_path / "closed").chmod(0)
    if os.access(tmp_path / "closed", os.R_OK):
        pytest.skip("this user may read everything")
    try:
        survey = surveyed(tmp_path)
        named = surveyed(tmp_path / "closed")
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert (len(survey.files), survey.unread) == (1, [str(tmp_path / "closed")])
    assert [each.path for each in named.errors] == [str(tmp_path / "closed")]


def test_our_own_folders_stay_out(tmp_path: Path) -> None:
    tree(tmp_path, "a.md", "data/attachments/x.md")
    survey = surveyed(tmp_path, tmp_path / "data" / "attachments", barred=[tmp_path / "data"])
    assert [Path(path).name for path in survey.files] == ["a.md"]
    assert reasons(survey) == {"attachments": "it belongs to Satchel itself"}


def test_patterns_stand_for_what_matches(tmp_path: Path) -> None:
    tree(tmp_path, "a.md", "b.md", "c.py", "sub/d.md", "sub/deep/e.md")
    assert found(tmp_path / "*.md") == ["a.md", "b.md"]
    assert found(tmp_path / "*") == ["a.md", "b.md", "sub/d.md", "sub/deep/e.md"]
    assert surveyed(tmp_path / "*").formats == {".py": 1}
    assert found(tmp_path / "**" / "e.md") == ["e.md"]


def test_a_name_that_looks_like_a_pattern_is_itself_first(tmp_path: Path) -> None:
    tree(tmp_path, "a[1].md", "a1.md")
    assert found(tmp_path / "a[1].md") == ["a[1].md"]


def test_the_home_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "notes/a.md")
    monkeypatch.setenv("USERPROFILE" if sys.platform == "win32" else "HOME", str(tmp_path))
    assert found("~/notes") == ["notes/a.md"]


def test_what_is_not_there_is_told_apart_from_what_is_gone(tmp_path: Path) -> None:
    survey = surveyed(tmp_path / "gone.md", tmp_path / "nowhere" / "x.md", tmp_path / "*.txt")
    assert survey.gone == [str(tmp_path / "gone.md")]
    assert {Path(each.path).name: each.reason for each in survey.errors} == {
        "x.md": "is not there",
        "*.txt": "matches nothing",
    }


def test_folders_to_watch_are_those_in_which_something_may_happen(tmp_path: Path) -> None:
    tree(tmp_path, "docs/a.md", "b.md", "logs/x/")
    named = [str(tmp_path / name) for name in ("docs", "b.md", "logs/*/*.md", "nowhere/x.md")]
    assert named_paths.watched(named) == ([tmp_path / "docs", tmp_path / "logs"], [tmp_path])

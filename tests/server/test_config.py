"""Where settings come from, which one wins, and what a wrong one says."""

from pathlib import Path

import pytest

from server.config import SettingsError, load


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an empty satchel.toml, named by the environment; the working directory is somewhere else."""
    monkeypatch.setenv("SATCHEL_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "home"


def write(home: Path, text: str) -> Path:
    file = home / "satchel.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_file_beats_defaults_the_environment_the_file_and_flags_everything(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load().memory_max_tokens == 2_000
    write(home, "memory_max_tokens = 300\nmemory_half_life_days = 7")
    assert load().memory_max_tokens == 300
    monkeypatch.setenv("SATCHEL_MEMORY_MAX_TOKENS", "400")
    assert (load().memory_max_tokens, load().memory_half_life_days) == (400, 7)
    assert load({"memory_max_tokens": 500}).memory_max_tokens == 500
    assert load({"memory_max_tokens": None}).memory_max_tokens == 400


def test_home_moves_data_and_models(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (load().data, load().models) == (home / "data", home / "models")
    monkeypatch.setenv("SATCHEL_DATA_DIR", str(tmp_path / "elsewhere"))
    assert load().data == tmp_path / "elsewhere"


def test_nothing_is_read_from_the_working_directory(home: Path) -> None:
    """Hosts start the server inside repositories that nobody has vetted."""
    write(Path.cwd(), 'data_dir = "stolen"')
    Path(".env").write_text("SATCHEL_DATA_DIR=stolen\n", encoding="utf-8")
    assert load().data == home / "data"


def test_a_named_file_is_read_instead_of_the_usual_one(home: Path, tmp_path: Path) -> None:
    write(home, "memory_max_tokens = 300")
    other = tmp_path / "other.toml"
    other.write_text('tools = ["memory"]\nmemory_max_tokens = 600', encoding="utf-8")
    assert load(config=other).memory_max_tokens == 600


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("memory_session_cap = -1", "memory_session_cap in "),
        ("memory_sesion_cap = 5", "memory_sesion_cap: no such setting"),
        ('memory_html = "maybe"', "memory_html in "),
        ('tools = "memory,teleport"', "tools in "),
        ("offline = perhaps", "is not valid TOML"),
    ],
)
def test_a_wrong_line_of_the_file_is_named_in_one_line(home: Path, text: str, named: str) -> None:
    file = write(home, text)
    with pytest.raises(SettingsError) as wrong:
        load()
    assert named in str(wrong.value)
    assert str(file) in str(wrong.value)
    assert len(str(wrong.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SATCHEL_TOOL_TIMEOUT_SECONDS", "soon"),
        ("SATCHEL_LOG_LEVEL", "loud"),
        ("SATCHEL_OFFLINE", "maybe"),
        ("SATCHEL_TOOLS", "memory,teleport"),
    ],
)
def test_a_wrong_variable_is_named_in_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as wrong:
        load()
    assert len(str(wrong.value).splitlines()) == 1


def test_a_wrong_flag_is_named_as_it_was_typed(home: Path) -> None:
    with pytest.raises(SettingsError, match="--log-level"):
        load({"log_level": "loud"})


def test_a_file_that_is_not_there_is_named(home: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(config=tmp_path / "missing.toml")

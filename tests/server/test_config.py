"""Where settings come from, which one wins, and what a wrong one says."""

from pathlib import Path

import pytest

from server.channels import channels
from server.config import SettingsError, load
from server.config.policies import escalation_policy
from tools.escalation.policy import KEYWORDS


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
        ("memory_sesion_cap = 5", "Is memory_session_cap meant?"),
        ("teleport = 5", "`satchel serve --help` lists them."),
        ('[data_sources]\nurl = "sqlite:///a"', "data_sources in "),
        ('[data_sources]\nurl = "sqlite:///a"', "'url': must be a table, such as [data_sources.NAME]"),
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


HOOK = {"SATCHEL_ESCALATION_WEBHOOK_URL": "https://hooks.example/sesame", "SATCHEL_ESCALATION_WEBHOOK_SECRET": "sesame"}
MAIL = {
    "SATCHEL_ESCALATION_SMTP_URL": "smtp://me:sesame@mail.example",
    "SATCHEL_ESCALATION_EMAIL_FROM": "agent@example.org",
    "SATCHEL_ESCALATION_EMAIL_TO": "a@example.org, b@example.org",
}


def test_keywords_join_the_built_in_ones_and_0_takes_one_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert escalation_policy(load(), ()).keywords == KEYWORDS
    write(home, "[escalation_keywords]\nrefund = 0.3\nurgent = 0.0\nmanager = 1\n[escalation_weights]\nchurn = 1.5")
    policy = escalation_policy(load(), ())
    expected = {**KEYWORDS, "refund": 0.3, "manager": 1.0}
    del expected["urgent"]
    assert policy.keywords == expected
    assert policy.weights == {"churn": 1.5}
    monkeypatch.setenv("SATCHEL_ESCALATION_KEYWORDS", '{"late parcel": 0.4}')
    assert load().escalation_keywords == {"late parcel": 0.4}


def test_channels_are_those_that_are_set_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert channels(load()) == {}
    for name, value in HOOK.items():
        monkeypatch.setenv(name, value)
    assert list(channels(load())) == ["webhook"]
    for name, value in MAIL.items():
        monkeypatch.setenv(name, value)
    assert list(channels(load())) == ["webhook", "email"]
    assert load().escalation_email_to == ("a@example.org", "b@example.org")
    assert "sesame" not in repr(load())


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (HOOK | {"SATCHEL_ESCALATION_WEBHOOK_SECRET": ""}, "WEBHOOK_SECRET: is needed with escalation_webhook_url"),
        (HOOK | {"SATCHEL_ESCALATION_WEBHOOK_SECRET": "whsec_sesame!"}, "WEBHOOK_SECRET: must be Base64 after whsec_"),
        (HOOK | {"SATCHEL_ESCALATION_WEBHOOK_URL": "http://h/sesame"}, "WEBHOOK_URL: must begin with https://"),
        (HOOK | {"SATCHEL_ESCALATION_WEBHOOK_URL": "ftp://h/sesame"}, "WEBHOOK_URL: must begin with https://"),
        (HOOK | {"SATCHEL_ESCALATION_WEBHOOK_URL": "https://me:sesame@h"}, "WEBHOOK_URL: must not hold a user name"),
        (MAIL | {"SATCHEL_ESCALATION_SMTP_URL": ""}, "not set: escalation_smtp_url"),
        (MAIL | {"SATCHEL_ESCALATION_EMAIL_FROM": ""}, "not set: escalation_email_from"),
        (MAIL | {"SATCHEL_ESCALATION_EMAIL_TO": ""}, "not set: escalation_email_to"),
        (MAIL | {"SATCHEL_ESCALATION_SMTP_URL": "https://me:sesame@h"}, "SMTP_URL: must begin with smtp://"),
        (MAIL | {"SATCHEL_ESCALATION_SMTP_URL": "smtp://me:ses/ame@h"}, "SMTP_URL: must"),
        (MAIL | {"SATCHEL_ESCALATION_EMAIL_FROM": "nobody"}, "EMAIL_FROM: must be an address"),
        (MAIL | {"SATCHEL_ESCALATION_EMAIL_TO": "a@b.org,a@b.org\r\nBcc: x@y.org"}, "EMAIL_TO: must be an address"),
        (
            {"SATCHEL_ESCALATION_KEYWORDS": '{"refund": 2}'},
            "KEYWORDS: 'refund': input should be less than or equal to 1",
        ),
        ({"SATCHEL_ESCALATION_KEYWORDS": '{" ": 0.2}'}, "KEYWORDS: ' ': string should have at least 1 character"),
        ({"SATCHEL_ESCALATION_KEYWORDS": "refund=0.2"}, "KEYWORDS: must be JSON"),
        ({"SATCHEL_ESCALATION_WEIGHTS": '{"chrun": 1}'}, "WEIGHTS: no signal 'chrun'; there is: explicit_request"),
        ({"SATCHEL_ESCALATION_WEIGHTS": '{"churn": 3}'}, "WEIGHTS: 'churn': input should be less than or equal to 2"),
        ({"SATCHEL_ESCALATION_RETENTION_DAYS": "-1"}, "RETENTION_DAYS: input should be greater than or equal to 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_escalation_setting_is_told_in_one_line_without_secrets(
    home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as wrong:
        load()
    assert told in str(wrong.value)
    assert str(wrong.value).startswith("SATCHEL_ESCALATION_")
    assert len(str(wrong.value).splitlines()) == 1
    for secret in ("sesame", "ses/"):
        assert secret not in f"{wrong.value} {wrong.value.__cause__}"


def test_a_plain_webhook_needs_to_be_allowed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, 'escalation_webhook_private = true\nescalation_webhook_url = "http://10.0.0.1/hook"')
    monkeypatch.setenv("SATCHEL_ESCALATION_WEBHOOK_SECRET", "sesame")
    assert list(channels(load())) == ["webhook"]

"""Databases in satchel.toml: what may be written there, what is refused and how, and that no secret is in a message."""

from pathlib import Path

import pytest

from server.config import Settings, SettingsError, load
from server.config.policies import database_policy


def loaded(folder: Path, text: str) -> Settings:
    """The settings of a file with one data source, shop."""
    file = folder / "satchel.toml"
    file.write_text(f"[data_sources.shop]\n{text}\n", "utf-8")
    return load({}, file)


def test_everything_that_can_be_said_of_a_database_reaches_the_tools(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        'url = "sqlite:///data/shop.sqlite"\ndescription = "A shop"\ntables = ["customers", "orders"]\n'
        'hidden = ["Customers.Notes"]\nmasked = ["customers.email"]\nmax_rows = 50\ntimeout_seconds = 2\n'
        'functions = ["My_Fn"]\nsample_values = false\nallow_writable_account = true',
    )
    shared = database_policy(settings).sources["shop"]
    assert (shared.description, shared.sample_values) == ("A shop", False)
    source = shared.source
    assert source
    assert source.engine == "sqlite"
    assert source.location == str(tmp_path / "data" / "shop.sqlite")
    assert source.tables == ("customers", "orders")
    assert (source.hidden, source.masked) == (frozenset({"customers.notes"}), frozenset({"customers.email"}))
    assert source.functions == frozenset({"my_fn"})
    assert (source.max_rows, source.timeout_seconds, source.is_trusted) == (50, 2.0, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('url = "postgresql://me:sesame@host/db"', "'shop.url': holds a password"),
        ('url = "oracle://sesame"', "'shop.url': a data source's URL begins with one of"),
        ('url = "sqlite:///a"\npassword = "sesame"', "'shop.password': no such setting"),
        ('url = "sqlite:///a"\nmasked = ["sesame"]', "'shop.masked': must be table.column"),
        ('url = "sqlite:///a"\ntimeout_seconds = 100', "'shop.timeout_seconds': input should be less than"),
        ('url = "sqlite:///a"\nmax_rows = 100000', "'shop.max_rows': input should be less than"),
        ('url = "sqlite:///a"\nfunctions = ["a(b)"]', "'shop.functions'"),
        ('description = "sesame"', "'shop.url': field required"),
        ('ulr = "sesame"', "'shop.ulr': no such setting"),
    ],
)
def test_a_wrong_line_stops_the_start_and_is_named_without_what_it_holds(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        loaded(tmp_path, text)
    assert told in str(stopped.value)
    assert "sesame" not in str(stopped.value)


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "satchel.toml"
    file.write_text('[data_sources."a shop"]\nurl = "sqlite:///a"\n', "utf-8")
    with pytest.raises(SettingsError, match="a name has 1 to 64 letters"):
        load({}, file)


def test_an_address_may_come_from_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_ADDRESS", "postgresql://me:sesame@127.0.0.1/shop")
    settings = loaded(tmp_path, 'url = "env:SHOP_ADDRESS"')
    shared = database_policy(settings).sources["shop"]
    assert shared.source
    assert shared.source.engine == "postgres"
    assert "sesame" not in repr(settings) + repr(shared)


@pytest.mark.parametrize(("held", "told"), [("", "is not set"), ("oracle://sesame", "URL begins with one of")])
def test_a_variable_that_is_no_use_is_told_when_asked_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str, told: str
) -> None:
    monkeypatch.setenv("SHOP_ADDRESS", held)
    shared = database_policy(loaded(tmp_path, 'url = "env:SHOP_ADDRESS"')).sources["shop"]
    assert shared.source is None
    assert told in shared.trouble
    assert "sesame" not in shared.trouble


def test_the_databases_may_come_from_one_variable_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATCHEL_DATA_SOURCES", '{"shop": {"url": "sqlite:///shop.sqlite", "masked": ["a.b"]}}')
    source = database_policy(load({"home": tmp_path})).sources["shop"].source
    assert source
    assert source.location == str(tmp_path / "shop.sqlite")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('sql_model = "anthropic"\nsql_model_name = "m"\nsql_model_key = "sesame"', "must be env:NAME"),
        ('sql_model = "anthropic"\nsql_model_name = "m"\nsql_model_key = "env:NO_SUCH_4711"', "which is not set"),
        ('sql_model = "openai"\nsql_model_url = "http://127.0.0.1:9/v1"', "must name a model"),
        ('sql_model = "openai"\nsql_model_name = "m"\nsql_model_url = "http://example.org/v1"', "sql_model_url"),
        ('sql_model = "other"', "sql_model in"),
    ],
)
def test_a_model_that_cannot_be_asked_stops_the_start(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "satchel.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as stopped:
        load({}, file)
    assert told in str(stopped.value)
    assert "sesame" not in str(stopped.value)

"""The crash, two-process, fault and fuzz suites: which test is in which, their seed and size, and what they came to.

A suite is a marker: ``python -m pytest -m crash --seed 7 --size 10`` runs one of them. A test is in ``crash`` or
``processes`` by its marker, in ``fuzz`` by that or as a test of hypothesis, and in ``faults`` by lying in a folder of
that name, where no other marker says otherwise. What it notes with ``record_property``, in numbers, is added up.
"""

import random
import re
import shlex
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Generator, Sequence

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

SUITES = {
    "crash": "processes are killed; what was acknowledged is there afterwards",
    "processes": "several processes work on one data directory",
    "faults": "disks, files, models and clients that fail or misbehave; the tests in folders of that name",
    "fuzz": "drawn inputs and histories; every test of hypothesis",
}


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("suites", "crash, two-process, fault and fuzz suites")
    group.addoption("--seed", type=int, help="What all that is drawn depends on; by default another one each time.")
    group.addoption(
        "--size", type=at_least_one, default=1,
        help="How often a test that draws is run, and how many times as many examples hypothesis tries. Default: 1.",
    )  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before hypothesis reads its own options, and before a test module takes over the settings of its profile."""
    for suite, what in SUITES.items():
        config.addinivalue_line("markers", f"{suite}: {what}")
    if config.option.seed is None:
        config.option.seed = random.randrange(2**32)
    config.option.hypothesis_seed = str(config.option.seed)
    settings.register_profile(
        "seeded",
        derandomize=False,  # which hypothesis sets where it finds a CI service
        deadline=None,  # what takes long on a busy machine is no fault, and drawing neither
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("seeded")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    size = metafunc.config.option.size
    if size > 1 and "repetition" in metafunc.fixturenames:
        metafunc.parametrize("repetition", range(1, size + 1))


@pytest.fixture
def repetition() -> int:
    """Which of the ``--size`` runs of this test it is."""
    return 1


@pytest.fixture
def draw(request: pytest.FixtureRequest, repetition: int) -> random.Random:
    """Random numbers of this test's own. Who asks for them is run ``--size`` times, each time with others."""
    return random.Random(f"{request.config.option.seed} {request.node.nodeid}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before ``-m`` chooses."""
    fuzzed = [item for item in items if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)]
    for item in fuzzed:
        item.add_marker("fuzz")
    for each in items:
        if each.path.parent.name == "faults" and not suites_of(each):
            each.add_marker("faults")
        each.user_properties += [("suite", suite) for suite in suites_of(each)]
    if config.option.size > 1:
        for item in {item.function: item for item in fuzzed}.values():
            enlarge(item, config.option.size)


def suites_of(item: pytest.Item) -> list[str]:
    """By marker; its keywords hold the names of folders too."""
    return [suite for suite in SUITES if item.get_closest_marker(suite)]


def enlarge(item: pytest.Function, size: int) -> None:
    """So many times as many examples. Hypothesis lets nobody change the settings of a function from outside, but its
    pytest plugin keeps to the same attribute."""
    if item.cls is not None:
        item.cls.settings = settings(item.cls.settings, max_examples=size * item.cls.settings.max_examples)
    else:
        test = item.function
        before = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(before, max_examples=size * before.max_examples)


def pytest_report_header(config: pytest.Config) -> str:
    return f"suites: {options(config)}"


def options(config: pytest.Config) -> str:
    return f"--seed {config.option.seed} --size {config.option.size}"


def pytest_report_collectionfinish(items: Sequence[pytest.Item]) -> str:
    counts = Counter(suite for item in items for suite in suites_of(item))
    return "suites: " + (", ".join(f"{suite} {counts[suite]}" for suite in SUITES if counts[suite]) or "none")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how many examples hypothesis has tried, which it tells in words only."""
    if call.when == "call":
        said = getattr(item, "hypothesis_statistics", "")
        if tried := [int(number) for number in re.findall(r"(\d+) (?:passing|failing)", said)]:
            item.user_properties.append(("examples", sum(tried)))
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A line for each suite that ran, and for each test of theirs that failed the command that repeats it."""
    passed, failed = reports(terminalreporter, "passed"), reports(terminalreporter, "failed", "error")
    ran = [suite for suite in SUITES if of(suite, passed) or of(suite, failed)]
    if ran:
        terminalreporter.section(f"suites, {options(config)}")
    for suite in ran:
        terminalreporter.write_line(summary(suite, of(suite, passed), of(suite, failed)))
    for name in dict.fromkeys(report.nodeid for suite in ran for report in of(suite, failed)):
        terminalreporter.write_line(f"repeat: python -m pytest {shlex.quote(name)} {options(config)}")


def reports(terminalreporter: pytest.TerminalReporter, *outcomes: str) -> list[pytest.TestReport]:
    """Those of tests; a file that cannot be read is among the errors too."""
    found = [report for outcome in outcomes for report in terminalreporter.getreports(outcome)]
    return [report for report in found if isinstance(report, pytest.TestReport)]


def of(suite: str, reports: Sequence[pytest.TestReport]) -> list[pytest.TestReport]:
    return [report for report in reports if ("suite", suite) in report.user_properties]


def summary(suite: str, passed: Sequence[pytest.TestReport], failed: Sequence[pytest.TestReport]) -> str:
    """Passed and failed, and the sums of what the tests noted, failed ones too."""
    sums = Counter[str]()
    for name, number in (each for report in (*passed, *failed) for each in report.user_properties):
        if isinstance(number, int):
            sums[name] += number
    noted = "".join(f", {name} {number:,}" for name, number in sums.items())
    return f"{suite}: passed {len(passed)}, failed {len(failed)}{noted}"

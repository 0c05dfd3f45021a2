"""Cron's five fields as systemd's calendars."""

import shutil
import subprocess

import pytest
from pydantic import ValidationError

from hivemind_agents.domain.schedule import Schedule, on_calendar, schedule_name

pytestmark = pytest.mark.fast

CASES = [
    ("* * * * *", ("*-*-* *:*:00 UTC",)),
    ("*/15 * * * *", ("*-*-* *:0,15,30,45:00 UTC",)),
    ("5 4 * * *", ("*-*-* 4:5:00 UTC",)),
    ("0 9-17/4 * * 1-5", ("Mon,Tue,Wed,Thu,Fri *-*-* 9,13,17:0:00 UTC",)),
    ("30 2 1,15 * *", ("*-*-1,15 2:30:00 UTC",)),
    ("0 0 * jan,7 sun", ("Sun *-1,7-* 0:0:00 UTC",)),
    ("0 0 * * 7", ("Sun *-*-* 0:0:00 UTC",)),
    ("0 0 13 * 5", ("*-*-13 0:0:00 UTC", "Fri *-*-* 0:0:00 UTC")),
    ("10/20 * * * *", ("*-*-* *:10,30,50:00 UTC",)),
    ("@daily", ("*-*-* 0:0:00 UTC",)),
    ("@weekly", ("Sun *-*-* 0:0:00 UTC",)),
    ("0 0 * * */2", ("Tue,Thu,Sat,Sun *-*-* 0:0:00 UTC",)),
]


@pytest.mark.parametrize(("cron", "expected"), CASES)
def test_a_cron_line_is_a_calendar(cron, expected):
    """Steps, ranges, lists and names are written out; either day fits where both are given."""
    assert expected == on_calendar(cron)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd's own parser")
@pytest.mark.parametrize("cron", [case[0] for case in CASES])
def test_systemd_reads_the_calendar(cron):
    """What is made is what systemd takes."""
    command = ["systemd-analyze", "calendar", *on_calendar(cron)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("* * * *", "five fields"),
        ("@reboot", "five fields"),
        ("61 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of the month"),
        ("* * * foo *", "month"),
        ("*/0 * * * *", "minute"),
        ("5-1 * * * *", "minute"),
    ],
)
def test_what_is_no_schedule_is_refused(cron, why):
    """The field that is wrong is named."""
    with pytest.raises(ValueError, match=why):
        on_calendar(cron)


def test_a_schedule_is_checked_when_it_is_made():
    """A wrong schedule never becomes part of a release."""
    with pytest.raises(ValidationError):
        Schedule(name="Report!", command="true", cron="@daily")
    with pytest.raises(ValidationError):
        Schedule(name="report", command="true", cron="now and then")


@pytest.mark.parametrize(
    ("command", "taken", "name"),
    [
        ("python jobs/clean.py", set(), "clean"),
        ("php artisan schedule:run", set(), "schedule"),
        ("node report.js", {"report"}, "report-2"),
        ("./.", set(), "job"),
    ],
)
def test_a_job_without_a_name_gets_one(command, taken, name):
    """By its command's last words, and no name twice."""
    assert name == schedule_name(command, taken)

"""The dashboard, the alert rules and the guide use what is exported, and nothing else."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from generation.models import Metric, SiteSample
from generation.monitoring.exposition import exposition
from generation.monitoring.sampling import Sampler
from musicgen import health
from musicgen.metrics.kinds import SUM
from musicgen.metrics.names import COUNTERS, HISTOGRAMS
from musicgen.services import OK, Service

BASE_DIR = Path(settings.BASE_DIR)
DASHBOARD = json.loads((BASE_DIR / "deploy/grafana/dashboard.json").read_text())
ALERTS = yaml.safe_load((BASE_DIR / "deploy/prometheus/alerts.yml").read_text())
GUIDE = (BASE_DIR / "docs/monitoring.md").read_text()
NAME = re.compile(r"\bmusicgen_[a-z_]+")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
GROUPED = re.compile(r"by \(([^)]*)\)")
# Those that Prometheus adds.
OF_PROMETHEUS = {"job", "instance", "le"}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def rules() -> list[dict[str, Any]]:
    return [rule for group in ALERTS["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    drawn = [target["expr"] for panel in panels() for target in panel["targets"]]
    return drawn + [rule["expr"] for rule in rules()]


@pytest.fixture
def exported(db, monkeypatch) -> dict[str, set[str]]:
    """The names of all samples that the page can have, and their labels."""
    for state in ("REDIS", "BUCKET"):
        monkeypatch.setattr(health, state, Service(lambda: OK))
    monkeypatch.setattr(health, "services", lambda: {"redis": OK, "storage": OK})
    Sampler().sample()
    amounts = {(each.name, *each.labels): 1.0 for each in COUNTERS}
    for each in HISTOGRAMS:
        amounts |= {(each.name, *each.labels, end): 1.0 for end in (*each.ends, SUM)}
    Metric.objects.add(amounts)
    text, _ = exposition(timezone.now(), "")
    assert SiteSample.objects.exists()
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_what_is_drawn_and_watched_is_exported(exported):
    used = {name for expression in expressions() for name in NAME.findall(expression)}
    assert len(used) > 20
    assert used <= exported.keys()


def test_labels_are_those_of_what_is_asked(exported):
    for expression in expressions():
        known = set().union(*(exported.get(name, set()) for name in NAME.findall(expression))) | OF_PROMETHEUS
        grouped = {label for found in GROUPED.findall(expression) for label in re.split(r",\s*", found)}
        assert {*LABEL.findall(expression), *grouped} <= known, expression


def test_what_a_legend_names_is_left_by_its_expression():
    for target in (target for panel in panels() for target in panel["targets"]):
        named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        grouped = {label for found in GROUPED.findall(target["expr"]) for label in re.split(r",\s*", found)}
        assert named <= grouped | {"service"}, target


def test_everything_that_is_exported_is_in_the_guide(exported):
    listed = set(re.findall(r"^\| `(musicgen_\w+)`", GUIDE, re.MULTILINE))
    assert listed == {re.sub(r"_(bucket|sum|count)$", "", name) for name in exported}
    assert {rule["alert"] for rule in rules()} == set(re.findall(r"^\| `(Musicgen\w+)`", GUIDE, re.MULTILINE))


def test_panels_are_told_apart_and_lie_beside_each_other():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_prometheus_can_read_the_rules_and_every_expression(tmp_path):
    assert shutil.which("promtool"), "promtool is not installed: .ci/promtool"
    drawn = [{"record": f"rule{number}", "expr": text} for number, text in enumerate(expressions())]
    (tmp_path / "drawn.yml").write_text(yaml.safe_dump({"groups": [{"name": "drawn", "rules": drawn}]}))
    (tmp_path / "musicgen_token").touch()
    for name in ("alerts.yml", "prometheus.yml"):
        shutil.copy(BASE_DIR / "deploy/prometheus" / name, tmp_path)
    for command in (("rules", "drawn.yml"), ("rules", "alerts.yml"), ("config", "prometheus.yml")):
        checked = subprocess.run(
            ["promtool", "check", *command], cwd=tmp_path, capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stderr
